//! Floor 1: the keyword that was meant, which CPython names from 3.13 on where one
//! that a function does not have is spelt much like one that it has.
//!
//! How near two words must be was found by trying the interpreter's own functions.
//! Knows nothing of arguments and functions.

/// Words longer than this are not compared.
const LONGEST: usize = 40;

/// What to add to the refusal of a keyword: empty, or the question.
pub(crate) fn question<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    if !cfg!(Py_3_13) {
        return String::new();
    }
    nearest(wrong, names).map_or_else(String::new, |name| format!(". Did you mean '{name}'?"))
}

fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best = None;
    for name in names {
        let limit = (wrong.len() + name.len() + 3) / 3;
        if wrong.len() > LONGEST || name.len() > LONGEST {
            continue;
        }
        let far = distance(wrong.as_bytes(), name.as_bytes());
        if far <= limit && best.is_none_or(|(least, _)| far < least) {
            best = Some((far, name));
        }
    }
    best.map(|(_, name)| name)
}

/// The edit distance, two for an edit and one where only the case differs.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).map(|count| count * 2).collect();
    for (index, left) in one.iter().enumerate() {
        let mut diagonal = index * 2;
        let mut before = diagonal + 2;
        for (right, above) in other.iter().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + price(*left, *right))
                .min(before + 2)
                .min(*above + 2);
            diagonal = std::mem::replace(above, here);
            before = here;
        }
        if let Some(first) = row.first_mut() {
            *first = index * 2 + 2;
        }
    }
    row.last().copied().unwrap_or(0)
}

fn price(left: u8, right: u8) -> usize {
    match (left == right, left.eq_ignore_ascii_case(&right)) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn the_nearest_word_is_found() {
        assert_eq!(nearest("famly", ["family", "type"]), Some("family"));
        assert_eq!(nearest("nonsense", ["family", "type"]), None);
    }

    #[test]
    fn distance_counts_case_half() {
        assert_eq!(distance(b"", b"ab"), 4);
        assert_eq!(distance(b"ab", b""), 4);
        assert_eq!(distance(b"Ab", b"ab"), 1);
        assert_eq!(distance(b"kitten", b"sitting"), 6);
    }
}
