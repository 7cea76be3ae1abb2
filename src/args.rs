//! Floor 1: arguments in CPython's words: counts, integers, and the names of
//! keywords, with the same class and text of error as its own argument parsers.

use std::ffi::c_int;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString};

use crate::caught;
use crate::method::Args;
use crate::once::name;
use crate::suggest;

/// Refuses a number of positional arguments outside of a range, in the words of
/// `PyArg_ParseTuple`.
#[inline]
pub(crate) fn count(args: Args<'_, '_>, name: &str, min: usize, max: usize) -> PyResult<()> {
    let given = args.len();
    if (min..=max).contains(&given) {
        return Ok(());
    }
    Err(wrong_count(name, given, min, max))
}

#[cold]
fn wrong_count(name: &str, given: usize, min: usize, max: usize) -> PyErr {
    let how = match (min == max, given < min) {
        (true, _) => "exactly",
        (false, true) => "at least",
        (false, false) => "at most",
    };
    let wanted = if given < min { min } else { max };
    let plural = if wanted == 1 { "" } else { "s" };
    PyTypeError::new_err(format!(
        "{name}() takes {how} {wanted} argument{plural} ({given} given)"
    ))
}

/// An argument that `count` has made sure is there.
#[inline]
pub(crate) fn required<'a, 'py>(
    args: Args<'a, 'py>,
    index: usize,
) -> PyResult<Borrowed<'a, 'py, PyAny>> {
    args.get(index)
        .ok_or_else(|| PyTypeError::new_err("missing argument"))
}

/// A C int: `OverflowError` outside of its range.
#[inline]
pub(crate) fn int(value: Borrowed<'_, '_, PyAny>) -> PyResult<c_int> {
    let long = long(value)?;
    c_int::try_from(long).map_err(|_| {
        PyOverflowError::new_err(if long > 0 {
            "signed integer is greater than maximum"
        } else {
            "signed integer is less than minimum"
        })
    })
}

/// A C int, in the words of the parser that takes keywords.
pub(crate) fn plain_int(value: Borrowed<'_, '_, PyAny>) -> PyResult<c_int> {
    if cfg!(Py_3_11) {
        lone_int(value)
    } else {
        int(value)
    }
}

/// A C int, in the words of a function that takes it by itself.
pub(crate) fn lone_int(value: Borrowed<'_, '_, PyAny>) -> PyResult<c_int> {
    value
        .extract::<c_int>()
        .map_err(|error| renamed(error, value, "Python int too large to convert to C int"))
}

/// A C long: `OverflowError` outside of its range.
#[inline]
pub(crate) fn long(value: Borrowed<'_, '_, PyAny>) -> PyResult<i64> {
    value
        .extract::<i64>()
        .map_err(|error| renamed(error, value, "Python int too large to convert to C long"))
}

/// A `Py_ssize_t`: `OverflowError` outside of its range.
#[inline]
pub(crate) fn size(value: Borrowed<'_, '_, PyAny>) -> PyResult<isize> {
    value
        .extract::<isize>()
        .map_err(|error| renamed(error, value, "Python int too large to convert to C ssize_t"))
}

/// A C unsigned long, of an int and of nothing else; `refusal` words the
/// `TypeError` for any other.
pub(crate) fn unsigned_long(
    value: Borrowed<'_, '_, PyAny>,
    refusal: impl FnOnce() -> String,
) -> PyResult<u64> {
    if !value.is_instance_of::<PyInt>() {
        return Err(PyTypeError::new_err(refusal()));
    }
    // A signed long is the quicker to read.
    let signed = caught::tried(value.extract::<i64>());
    if let Some(value) = signed.and_then(|value| value.try_into().ok()) {
        return Ok(value);
    }
    if let Some(value) = caught::tried(value.extract::<u64>()) {
        return Ok(value);
    }
    Err(PyOverflowError::new_err(if value.lt(0)? {
        "can't convert negative value to unsigned int"
    } else {
        "Python int too large to convert to C unsigned long"
    }))
}

/// An unsigned number that fits a C type, in the words of 3.14 and newer.
#[inline]
pub(crate) fn unsigned<T: TryFrom<i64>>(
    value: Borrowed<'_, '_, PyAny>,
    c_type: &str,
) -> PyResult<T> {
    let number = value.extract::<i64>();
    if let Ok(number) = number.as_ref()
        && let Ok(number) = T::try_from(*number)
    {
        return Ok(number);
    }
    Err(unfit(value, number, c_type))
}

#[cold]
fn unfit(value: Borrowed<'_, '_, PyAny>, number: PyResult<i64>, c_type: &str) -> PyErr {
    let negative = match number {
        Ok(number) => Ok(number < 0),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => value
            .call_method0(name!(value.py(), "__index__"))
            .and_then(|number| number.lt(0)),
        Err(error) => Err(error),
    };
    match negative {
        Ok(true) => PyValueError::new_err("Cannot convert negative int"),
        Ok(false) => PyOverflowError::new_err(format!("Python int too large for C {c_type}")),
        Err(error) => error,
    }
}

/// The low 32 bits of an int, whatever its size.
pub(crate) fn low_bits(value: Borrowed<'_, '_, PyAny>) -> PyResult<u32> {
    match value.extract::<u32>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            caught::forget(error);
            let number = value.call_method0(name!(value.py(), "__index__"))?;
            number.bitand(u32::MAX)?.extract()
        }
        other => other,
    }
}

#[cold]
fn renamed(error: PyErr, value: Borrowed<'_, '_, PyAny>, text: &'static str) -> PyErr {
    if error.is_instance_of::<PyOverflowError>(value.py()) {
        PyOverflowError::new_err(text)
    } else {
        error
    }
}

/// The positional arguments, and the others by their names.
pub(crate) fn taken_apart<'py>(
    args: Args<'_, 'py>,
) -> PyResult<(Vec<Bound<'py, PyAny>>, Bound<'py, PyDict>)> {
    let items = (0..args.len()).filter_map(|index| args.get(index));
    let named = PyDict::new(args.py());
    for index in 0..args.keyword_count() {
        if let Some((name, value)) = args.keyword(index) {
            named.set_item(name, value)?;
        }
    }
    Ok((items.map(Borrowed::to_owned).collect(), named))
}

/// An optional C int at an index, or its default.
#[inline]
pub(crate) fn int_or(args: Args<'_, '_>, index: usize, default: c_int) -> PyResult<c_int> {
    args.get(index).map_or(Ok(default), int)
}

/// The positional arguments in the first of `N` places.
#[inline]
fn positional<'a, 'py, const N: usize>(
    args: Args<'a, 'py>,
) -> [Option<Borrowed<'a, 'py, PyAny>>; N] {
    std::array::from_fn(|index| args.get(index))
}

/// A keyword's own text, which is not what `str` makes of it where it is a member of an enum.
fn text_of(key: &Bound<'_, PyAny>) -> String {
    let text = key.cast::<PyString>();
    text.map_or_else(|_| key.to_string(), |text| text.to_string_lossy().into())
}

/// Sorts positional and keyword arguments into named places, in the words of a
/// function written in Python.
pub(crate) fn named<'a, 'py, const N: usize>(
    args: Args<'a, 'py>,
    function: &str,
    names: [&str; N],
    required: usize,
) -> PyResult<[Option<Borrowed<'a, 'py, PyAny>>; N]> {
    let mut places = positional(args);
    for index in 0..args.keyword_count() {
        let Some((key, value)) = args.keyword(index) else {
            break;
        };
        let key = text_of(&key);
        let at = names.iter().position(|name| *name == key);
        let place = at.and_then(|at| places.get_mut(at));
        // A method written in Python knows `self` by its name, and it is always given.
        let own = function.contains('.').then_some("self");
        if place.is_none() && own != Some(&key) {
            let question = suggest::question(&key, own.into_iter().chain(names));
            return Err(PyTypeError::new_err(format!(
                "{function}() got an unexpected keyword argument '{key}'{question}"
            )));
        }
        if place.is_none_or(|place| place.replace(value).is_some()) {
            return Err(PyTypeError::new_err(format!(
                "{function}() got multiple values for argument '{key}'"
            )));
        }
    }
    if args.len() > N {
        return Err(too_many(function, required, N, args.len()));
    }
    let missing: Vec<&str> = names
        .iter()
        .zip(&places)
        .take(required)
        .filter_map(|(name, place)| place.is_none().then_some(*name))
        .collect();
    if missing.is_empty() {
        return Ok(places);
    }
    Err(missing_names(function, &missing))
}

/// Sorts positional and keyword arguments into named places, in the words of
/// `PyArg_ParseTupleAndKeywords`.
#[inline]
pub(crate) fn keywords<'a, 'py, const N: usize>(
    args: Args<'a, 'py>,
    function: &str,
    names: [&str; N],
    required: usize,
) -> PyResult<[Option<Borrowed<'a, 'py, PyAny>>; N]> {
    let given = args.len().saturating_add(args.keyword_count());
    if given > N {
        let plural = if N == 1 { "" } else { "s" };
        return Err(PyTypeError::new_err(format!(
            "{function}() takes at most {N} argument{plural} ({given} given)"
        )));
    }
    let mut places = positional(args);
    let mut refusal = None;
    for index in 0..args.keyword_count() {
        if let Some((key, value)) = args.keyword(index) {
            let key = text_of(&key);
            let placed = place_keyword(args, function, &names, &mut places, &key, value);
            refusal = refusal.or(placed.err());
        }
    }
    for (index, name) in names.iter().enumerate().take(required) {
        if places.get(index).is_none_or(Option::is_none) {
            return Err(PyTypeError::new_err(format!(
                "{function}() missing required argument '{name}' (pos {})",
                index + 1
            )));
        }
    }
    refusal.map_or(Ok(places), Err)
}

fn place_keyword<'a, 'py>(
    args: Args<'a, 'py>,
    function: &str,
    names: &[&str],
    places: &mut [Option<Borrowed<'a, 'py, PyAny>>],
    key: &str,
    value: Borrowed<'a, 'py, PyAny>,
) -> PyResult<()> {
    let at = names.iter().position(|name| *name == key);
    let Some((at, place)) = at.and_then(|at| Some((at, places.get_mut(at)?))) else {
        return Err(PyTypeError::new_err(if cfg!(Py_3_13) {
            let question = suggest::question(key, names.iter().copied());
            format!("{function}() got an unexpected keyword argument '{key}'{question}")
        } else {
            format!("'{key}' is an invalid keyword argument for {function}()")
        }));
    };
    if at < args.len() {
        return Err(PyTypeError::new_err(format!(
            "argument for {function}() given by name ('{key}') and position ({})",
            at + 1
        )));
    }
    *place = Some(value);
    Ok(())
}

/// The error of a method written in Python that got too many arguments; `self`
/// counts, as it does there.
fn too_many(function: &str, required: usize, most: usize, given: usize) -> PyErr {
    let (most, given) = (most + 1, given + 1);
    let takes = if required + 1 == most {
        format!(
            "{most} positional argument{}",
            if most == 1 { "" } else { "s" }
        )
    } else {
        format!("from {} to {most} positional arguments", required + 1)
    };
    PyTypeError::new_err(format!("{function}() takes {takes} but {given} were given"))
}

fn missing_names(function: &str, missing: &[&str]) -> PyErr {
    let quoted: Vec<String> = missing.iter().map(|name| format!("'{name}'")).collect();
    let list = match quoted.as_slice() {
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
        [] => String::new(),
    };
    let plural = if quoted.len() == 1 { "" } else { "s" };
    PyTypeError::new_err(format!(
        "{function}() missing {} required positional argument{plural}: {list}",
        quoted.len()
    ))
}
