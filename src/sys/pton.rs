//! Internet addresses from text, without the C library: the same sets as
//! inet_pton(3) and inet_aton(3) of glibc. No unsafe code, no allocation.
//!
//! `aton` takes inet_aton's odd forms (one to four numbers, octal and
//! hexadecimal), and white space at the end, but no text after it: what follows
//! an address is a mistake or an attack.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An IPv4 address in four decimal numbers, and nothing else.
pub(crate) fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut address: u32 = 0;
    let mut dots = 0;
    let mut value: u32 = 0;
    let mut empty = true;
    for byte in text {
        match byte {
            b'0'..=b'9' if empty || value != 0 => {
                value = value * 10 + u32::from(byte - b'0');
                if value > 255 {
                    return None;
                }
                empty = false;
            }
            b'.' if !empty && dots < 3 => {
                address = address << 8 | value;
                dots += 1;
                value = 0;
                empty = true;
            }
            _ => return None,
        }
    }
    (dots == 3 && !empty).then(|| Ipv4Addr::from(address << 8 | value))
}

/// An IPv6 address without a scope.
pub(crate) fn ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    let mut groups = Groups::default();
    let mut rest = match text {
        [b':', b':', ..] => text.get(1..)?,
        [b':', ..] => return None,
        _ => text,
    };
    let mut group = rest;
    let mut value: u16 = 0;
    let mut digits = 0;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b':' if digits == 0 => groups.open_gap()?,
            b':' if tail.is_empty() => return None,
            b':' => groups.push(value)?,
            b'.' => {
                let [a, b, c, d] = ipv4(group)?.octets();
                groups.push(u16::from_be_bytes([a, b]))?;
                groups.push(u16::from_be_bytes([c, d]))?;
                return groups.address();
            }
            _ if digits == 4 => return None,
            _ => {
                value = value << 4 | u16::from(nibble(*byte)?);
                digits += 1;
                continue;
            }
        }
        group = tail;
        value = 0;
        digits = 0;
    }
    if digits > 0 {
        groups.push(value)?;
    }
    groups.address()
}

#[inline]
fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The groups of an IPv6 address, as they are read.
#[derive(Default)]
struct Groups {
    values: [u16; 8],
    count: usize,
    gap: Option<usize>,
}

impl Groups {
    #[inline]
    fn push(&mut self, value: u16) -> Option<()> {
        *self.values.get_mut(self.count)? = value;
        self.count += 1;
        Some(())
    }

    /// Notes where the `::` is; a second one is an error.
    #[inline]
    fn open_gap(&mut self) -> Option<()> {
        self.gap.replace(self.count).is_none().then_some(())
    }

    /// The address, if the groups are eight or a gap stands for the others.
    fn address(mut self) -> Option<Ipv6Addr> {
        match self.gap {
            None if self.count < 8 => return None,
            Some(_) if self.count == 8 => return None,
            Some(gap) => self.values.get_mut(gap..)?.rotate_right(8 - self.count),
            None => {}
        }
        Some(Ipv6Addr::from(self.values))
    }
}

/// An IPv4 address in any form of inet_aton(3).
pub(crate) fn aton(text: &[u8]) -> Option<Ipv4Addr> {
    if let Some(plain) = ipv4(text) {
        return Some(plain);
    }
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
        value
            .checked_mul(base)?
            .checked_add(char::from(*byte).to_digit(base)?)
    })
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
    fn ipv6_agrees_with_std_on_what_a_literal_is() {
        for text in [
            "::",
            ":::",
            ":",
            "",
            "1",
            "1:",
            ":1",
            "1::",
            "::1",
            "1::2::3",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1:2:3:4:5:6:7:8::",
            "12345::",
            "::00001",
            "::g",
            "::1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "::1.2.3",
            "::01.2.3.4",
            "1.2.3.4",
            "1.2.3.4::",
            "::1.2.3.4:5",
            "::1.2.3.4.5",
            "1:2:3:4:5::1.2.3.4",
            "::ABCD:abcd",
            "1:::2",
            "::1%1",
            "::1 ",
            " ::1",
            "::-1",
            "0:0:0:0:0:0:0:0",
            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
            "1:2:3:4:5:6:7:",
            "1::2:",
        ] {
            assert_eq!(ipv6(text.as_bytes()), text.parse().ok(), "{text}");
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
}
