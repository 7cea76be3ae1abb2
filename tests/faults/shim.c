/* System calls that fail on demand: preloaded (LD_PRELOAD) below the C library's
 * users, and steered from the test by `fault_plan` and its like through ctypes.
 *
 * A plan names a call, how many of its calls go through first, how many fail then,
 * and with which errno; or the most bytes that one call may move. Only sockets are
 * meant: nothing else in the process makes these calls while a test runs.
 * Follows: recv(2), send(2), accept(2), connect(2), poll(2), dlsym(3).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { RECV, SEND, ACCEPT, CONNECT, POLL, SOCKET, SOCKETPAIR, IOCTL, CLOSE, GETSOCKOPT, BIND, LISTEN, CALLS };

static struct plan {
    long skip, times, every, hits;
    int error;
    size_t most;
} plans[CALLS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Fails `times` calls after `skip`, or each `every`th of them if that is not 0. */
void fault_plan(int call, int error, long skip, long times, long every)
{
    pthread_mutex_lock(&lock);
    plans[call].error = error;
    plans[call].skip = skip;
    plans[call].times = times;
    plans[call].every = every;
    plans[call].hits = 0;
    pthread_mutex_unlock(&lock);
}

/* Moves at most so many bytes in a call; 0 for as many as there are. */
void fault_short(int call, size_t most) { plans[call].most = most; }

/* How many calls have failed since the plan was made. */
long fault_hits(int call) { return plans[call].hits; }

void fault_clear(void)
{
    pthread_mutex_lock(&lock);
    memset(plans, 0, sizeof plans);
    pthread_mutex_unlock(&lock);
}

static int fails(int call)
{
    struct plan *plan = &plans[call];
    int failing = 0;
    pthread_mutex_lock(&lock);
    if (plan->error && plan->times > 0) {
        if (plan->skip > 0)
            plan->skip--;
        else {
            failing = 1;
            plan->times--;
            if (plan->every > 0)
                plan->skip = plan->every - 1;
        }
    }
    if (failing) {
        plan->hits++;
        errno = plan->error;
    }
    pthread_mutex_unlock(&lock);
    return failing;
}

static size_t most(int call, size_t len)
{
    size_t limit = plans[call].most;
    return limit && len > limit ? limit : len;
}

/* Cuts a message's buffers to the limit, in a copy. */
static void cut(int call, const struct msghdr *message, struct msghdr *copy, struct iovec *parts, size_t room)
{
    *copy = *message;
    if (!plans[call].most || message->msg_iovlen > room)
        return;
    size_t left = plans[call].most, count = 0;
    for (; count < message->msg_iovlen && left; count++) {
        parts[count] = message->msg_iov[count];
        if (parts[count].iov_len > left)
            parts[count].iov_len = left;
        left -= parts[count].iov_len;
    }
    copy->msg_iov = parts;
    copy->msg_iovlen = count;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t recv(int fd, void *buffer, size_t len, int flags)
{
    REAL(recv);
    return fails(RECV) ? -1 : real(fd, buffer, most(RECV, len), flags);
}

ssize_t recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from, socklen_t *from_len)
{
    REAL(recvfrom);
    return fails(RECV) ? -1 : real(fd, buffer, most(RECV, len), flags, from, from_len);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    REAL(recvmsg);
    struct msghdr copy;
    struct iovec parts[64];
    if (fails(RECV))
        return -1;
    cut(RECV, message, &copy, parts, 64);
    ssize_t got = real(fd, &copy, flags);
    message->msg_namelen = copy.msg_namelen;
    message->msg_controllen = copy.msg_controllen;
    message->msg_flags = copy.msg_flags;
    return got;
}

ssize_t send(int fd, const void *buffer, size_t len, int flags)
{
    REAL(send);
    return fails(SEND) ? -1 : real(fd, buffer, most(SEND, len), flags);
}

ssize_t sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
    REAL(sendto);
    return fails(SEND) ? -1 : real(fd, buffer, most(SEND, len), flags, to, to_len);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    struct msghdr copy;
    struct iovec parts[64];
    if (fails(SEND))
        return -1;
    cut(SEND, message, &copy, parts, 64);
    return real(fd, &copy, flags);
}

int accept(int fd, struct sockaddr *from, socklen_t *len)
{
    REAL(accept);
    return fails(ACCEPT) ? -1 : real(fd, from, len);
}

int accept4(int fd, struct sockaddr *from, socklen_t *len, int flags)
{
    REAL(accept4);
    return fails(ACCEPT) ? -1 : real(fd, from, len, flags);
}

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
    REAL(connect);
    int error = plans[CONNECT].error;
    if (!fails(CONNECT))
        return real(fd, to, len);
    if (error == EINTR) { /* the attempt goes on in the kernel */
        real(fd, to, len);
        errno = EINTR;
    }
    return -1;
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    REAL(poll);
    return fails(POLL) ? -1 : real(fds, count, timeout);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    REAL(ppoll);
    return fails(POLL) ? -1 : real(fds, count, timeout, mask);
}

int socket(int family, int type, int protocol)
{
    REAL(socket);
    return fails(SOCKET) ? -1 : real(family, type, protocol);
}

int socketpair(int family, int type, int protocol, int pair[2])
{
    REAL(socketpair);
    return fails(SOCKETPAIR) ? -1 : real(family, type, protocol, pair);
}

int ioctl(int fd, unsigned long request, ...)
{
    REAL(ioctl);
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return request == FIONBIO && fails(IOCTL) ? -1 : real(fd, request, argument);
}

int close(int fd)
{
    REAL(close);
    int error = plans[CLOSE].error;
    int failing = error && fails(CLOSE);
    int result = real(fd); /* the number is gone all the same */
    if (!failing)
        return result;
    errno = error;
    return -1;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    REAL(getsockopt);
    return fails(GETSOCKOPT) ? -1 : real(fd, level, name, value, len);
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
    REAL(bind);
    return fails(BIND) ? -1 : real(fd, address, len);
}

int listen(int fd, int backlog)
{
    REAL(listen);
    return fails(LISTEN) ? -1 : real(fd, backlog);
}
