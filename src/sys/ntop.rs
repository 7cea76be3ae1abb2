//! The text of Internet addresses, without the C library: the same as that of
//! inet_ntop(3) of glibc. No unsafe code, no allocation.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The text of an address.
pub(crate) struct Text {
    bytes: [u8; 46],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self {
            bytes: [0; 46],
            len: 0,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or(&[]);
        std::str::from_utf8(bytes).unwrap_or("")
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        // The longest text of an address has 45 bytes.
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn decimal(&mut self, value: u8) {
        if value >= 100 {
            self.push(b'0' + value / 100);
        }
        if value >= 10 {
            self.push(b'0' + value / 10 % 10);
        }
        self.push(b'0' + value % 10);
    }

    fn hex(&mut self, value: u16) {
        let mut begun = false;
        for nibble in [value >> 12, value >> 8 & 15, value >> 4 & 15, value & 15] {
            begun |= nibble != 0;
            if begun {
                self.hex_digit(nibble);
            }
        }
        if !begun {
            self.push(b'0');
        }
    }

    fn hex_digit(&mut self, nibble: u16) {
        let nibble = nibble.to_be_bytes()[1];
        self.push(if nibble < 10 { b'0' } else { b'a' - 10 } + nibble);
    }

    fn quad(&mut self, octets: [u8; 4]) {
        for (index, octet) in octets.into_iter().enumerate() {
            if index > 0 {
                self.push(b'.');
            }
            self.decimal(octet);
        }
    }
}

/// The text of an IPv4 address.
pub(crate) fn ipv4_text(ip: Ipv4Addr) -> Text {
    let mut text = Text::new();
    text.quad(ip.octets());
    text
}

/// The text of an IPv6 address: the first longest run of two or more zero
/// groups as `::`, and the last four octets as IPv4 where the address maps or
/// embeds one.
pub(crate) fn ipv6_text(ip: Ipv6Addr) -> Text {
    let groups = ip.segments();
    let (start, len) = longest_zeroes(groups);
    let embeds = start == 0 && (len == 6 || len == 5 && groups[5] == 0xffff);
    let mut text = Text::new();
    for (index, group) in groups.into_iter().enumerate() {
        if len > 0 && (start..start + len).contains(&index) {
            if index == start {
                text.push(b':');
            }
            continue;
        }
        if index > 0 {
            text.push(b':');
        }
        if embeds && index == 6 {
            let [.., a, b, c, d] = ip.octets();
            text.quad([a, b, c, d]);
            return text;
        }
        text.hex(group);
    }
    if len > 0 && start + len == groups.len() {
        text.push(b':');
    }
    text
}

/// Where the first longest run of at least two zero groups is, and its length.
fn longest_zeroes(groups: [u16; 8]) -> (usize, usize) {
    let mut best = (0, 0);
    let mut run = (0, 0);
    for (index, group) in groups.into_iter().enumerate() {
        if group != 0 {
            run = (index + 1, 0);
            continue;
        }
        run.1 += 1;
        if run.1 > best.1 && run.1 >= 2 {
            best = run;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::pton::ipv6;

    #[test]
    fn ipv6_text_is_that_of_inet_ntop() {
        for text in [
            "::",
            "::1",
            "1::",
            "::2:3:4:5:6:7",
            "1:0:2:3:4:5:6:7",
            "1::2:0:0:3:4",
            "::ffff:1.2.3.4",
            "::1.2.3.4",
            "::0.1.0.2",
            "::2",
            "64:ff9b::102:304",
            "::ffff:0:102:304",
            "fe80::a0b:c0d",
            "1:2:3:4:5:6:7:8",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "1:2:3:4:5:6::",
        ] {
            let ip = ipv6(text.as_bytes()).unwrap();
            assert_eq!(ipv6_text(ip).as_str(), text);
        }
        assert_eq!(
            ipv6_text(ipv6(b"::2:3:4:5:6:7:8").unwrap()).as_str(),
            "0:2:3:4:5:6:7:8"
        );
        assert_eq!(
            ipv6_text(ipv6(b"1:0:0:2:0:0:3:4").unwrap()).as_str(),
            "1::2:0:0:3:4"
        );
    }

    #[test]
    fn ipv4_text_has_no_leading_zeroes() {
        assert_eq!(
            ipv4_text(Ipv4Addr::new(0, 10, 105, 255)).as_str(),
            "0.10.105.255"
        );
    }
}
