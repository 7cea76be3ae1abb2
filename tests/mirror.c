/* A kernel that believes everything, to be preloaded: bind() keeps the address
   that it is given, and getsockname() hands it back, of whatever family. So the
   address of a family that this kernel lacks can be seen as it is encoded, and
   one that no kernel would send can be decoded. */

#include <string.h>
#include <sys/socket.h>

static unsigned char kept[1024];
static socklen_t kept_length;

void mirror_keep(const void *address, socklen_t length)
{
    if (length > sizeof kept)
        length = sizeof kept;
    memcpy(kept, address, length);
    kept_length = length;
}

socklen_t mirror_kept(void *room)
{
    memcpy(room, kept, kept_length);
    return kept_length;
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    (void)fd;
    mirror_keep(address, length);
    return 0;
}

int getsockname(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
    (void)fd;
    memcpy(address, kept, *length < kept_length ? *length : kept_length);
    *length = kept_length;
    return 0;
}
