//! Internet addresses and their text, without the C library: the same sets and
//! the same text as inet_pton(3), inet_ntop(3) and inet_aton(3) of glibc. No
//! unsafe code, no allocation.
//!
//! `aton` takes inet_aton's odd forms (one to four numbers, octal and
//! hexadecimal), and white space at the end, but no text after it: what follows
//! an address is a mistake or an attack.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An IPv4 address in four decimal numbers, and nothing else.
pub(crate) fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    if text.len() > 15 {
        return None;
    }
    let mut octets = [0; 4];
    let mut fields = text.split(|byte| *byte == b'.');
    for octet in &mut octets {
        *octet = decimal(fields.next()?)?;
    }
    fields.next().is_none().then(|| Ipv4Addr::from(octets))
}

#[inline]
fn decimal(digits: &[u8]) -> Option<u8> {
    let (first, rest) = digits.split_first()?;
    let mut value = digit(*first, 10)?;
    if value == 0 && !rest.is_empty() {
        return None;
    }
    for byte in rest {
        value = value.checked_mul(10)?.checked_add(digit(*byte, 10)?)?;
    }
    u8::try_from(value).ok()
}

fn digit(byte: u8, base: u32) -> Option<u32> {
    char::from(byte).to_digit(base)
}

/// An IPv6 address without a scope.
pub(crate) fn ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    // The shortest is "::"; most names have no colon at all.
    if !text.contains(&b':') {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// An IPv4 address in any form of inet_aton(3).
pub(crate) fn aton(text: &[u8]) -> Option<Ipv4Addr> {
    let mut text = text;
    while let [rest @ .., b' ' | b'\t'..=b'\r'] = text {
        text = rest;
    }
    let mut address: u32 = 0;
    let mut fields = text.split(|byte| *byte == b'.').peekable();
    let mut room: u32 = 32;
    while let Some(field) = fields.next() {
        let value = number(field)?;
        if fields.peek().is_none() {
            let fits = u64::from(value) < 1_u64.checked_shl(room)?;
            return fits.then(|| Ipv4Addr::from(address | value));
        }
        room = room.checked_sub(8).filter(|room| *room > 0)?;
        address |= u32::from(u8::try_from(value).ok()?) << room;
    }
    None
}

/// A C number: decimal, octal after `0`, hexadecimal after `0x`.
fn number(field: &[u8]) -> Option<u32> {
    let (base, digits) = match field {
        [b'0', b'x' | b'X', hex @ ..] => (16, hex),
        [b'0', octal @ ..] if !octal.is_empty() => (8, octal),
        _ => (10, field),
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, byte| {
        value.checked_mul(base)?.checked_add(digit(*byte, base)?)
    })
}

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

    #[test]
    fn ipv4_takes_four_plain_numbers_only() {
        assert_eq!(ipv4(b"1.2.3.255"), Some(Ipv4Addr::new(1, 2, 3, 255)));
        for bad in [
            "",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "01.2.3.4",
            "1.2.3.4 ",
            "1..3.4",
            "+1.2.3.4",
            "0.0.0.00",
            "1.2.3.4\0",
            "1.2.3.4294967296",
        ] {
            assert_eq!(ipv4(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn aton_takes_the_odd_forms() {
        for (text, octets) in [
            ("1", [0, 0, 0, 1]),
            ("0x7f.1", [127, 0, 0, 1]),
            ("0377.1", [255, 0, 0, 1]),
            ("1.2.65535", [1, 2, 255, 255]),
            ("4294967295", [255; 4]),
            ("00000000001.2.3.4", [1, 2, 3, 4]),
            ("1.2.3.4 \n", [1, 2, 3, 4]),
        ] {
            assert_eq!(
                aton(text.as_bytes()),
                Some(Ipv4Addr::from(octets)),
                "{text}"
            );
        }
        for bad in [
            "",
            " 1",
            "1.2.3.4 x",
            "4294967296",
            "1.16777216",
            "256.1",
            "08",
            "0x",
            "1.",
            "1.2.3.4.5",
            ".1",
        ] {
            assert_eq!(aton(bad.as_bytes()), None, "{bad}");
        }
    }

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
