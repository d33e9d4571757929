//! Values: what an answer says, without copies and in any depth.
//!
//!     const mx_value *room = mx_value_first(mx_result_value(result, "/rooms/join"));
//!     for (; room; room = mx_value_next(room))
//!       printf("%s\n", mx_value_name(room, NULL));
//!
//! The tree is made when a value is asked for the first time; an answer that nobody looks into costs
//! none. A value belongs to its result and is valid as long as that lives. Every getter may be called
//! from any thread, and in a forked child. Of a member that the answer gives twice the last one counts;
//! half of a surrogate pair reads as U+FFFD.
//!
//! A JSON pointer (RFC 6901) names a value from another on: "" is that one, "/flows/0/type" goes down. A
//! name that holds "/" writes it as "~1", and "~" as "~0".

use std::ffi::c_char;
use std::ptr;

use super::boundary::{borrow, optional_text, read};
use super::result::{mx_result, write};
use crate::json::{Document, Node, Value};

/// One JSON value of a result. It is never yours to free.
pub struct mx_value {
    _node: Node,
}

/// No value: NULL was given.
pub const MX_TYPE_NONE: i32 = 0;
pub const MX_TYPE_NULL: i32 = 1;
pub const MX_TYPE_BOOL: i32 = 2;
/// A number without fraction and exponent that fits into 64 bits, but for "-0": mx_value_int.
pub const MX_TYPE_INT: i32 = 3;
/// Any other number: mx_value_double, unless it is beyond what a double can hold.
pub const MX_TYPE_DOUBLE: i32 = 4;
pub const MX_TYPE_STRING: i32 = 5;
pub const MX_TYPE_ARRAY: i32 = 6;
pub const MX_TYPE_OBJECT: i32 = 7;

/// The value in the answer that a pointer names; "" is the whole. NULL if there is none, or if the
/// answer is not JSON.
///
/// @param json_pointer  from the whole answer on
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_result_value(
    result: *const mx_result,
    json_pointer: *const c_char,
) -> *const mx_value {
    // SAFETY: by the header's rules.
    unsafe { found(|| borrow(result, "result").ok()?.value(pointer(json_pointer)?)) }
}

/// The value that a pointer names, from this one on; NULL if there is none.
///
/// @param json_pointer  "/name" is a member, "/0" an element, "" the value itself
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_get(
    value: *const mx_value,
    json_pointer: *const c_char,
) -> *const mx_value {
    // SAFETY: by the header's rules.
    unsafe { found(|| borrowed(value)?.get(pointer(json_pointer)?)) }
}

/// What a value is: one of the MX_TYPE_ constants; MX_TYPE_NONE for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_type(value: *const mx_value) -> i32 {
    // SAFETY: by the header's rules.
    read(|| Some(unsafe { borrowed(value) }?.kind() as i32))
}

/// The first element of an array or member of an object; NULL if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_first(value: *const mx_value) -> *const mx_value {
    // SAFETY: by the header's rules.
    found(|| unsafe { borrowed(value) }?.first())
}

/// The element or member that follows in the same array or object; NULL behind the last one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_next(value: *const mx_value) -> *const mx_value {
    // SAFETY: by the header's rules.
    found(|| unsafe { borrowed(value) }?.next())
}

/// How many elements an array has, or members an object; 0 for anything else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_count(value: *const mx_value) -> usize {
    // SAFETY: by the header's rules.
    read(|| Some(unsafe { borrowed(value) }?.count()))
}

/// The name of a member, ended by NUL; NULL for what is no member.
///
/// @param len  nullable; receives the length. Without it, a name that holds U+0000 is NULL: C would
///             take it for a shorter one
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_name(value: *const mx_value, len: *mut usize) -> *const c_char {
    // SAFETY: by the header's rules.
    unsafe { text(read(|| Some(borrowed(value)?.name_with_nul())), len) }
}

/// A string, decoded and ended by NUL; NULL for anything else.
///
/// @param len  nullable; receives the length. Without it, a string that holds U+0000 is NULL: C would
///             take it for a shorter one
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_string(value: *const mx_value, len: *mut usize) -> *const c_char {
    // SAFETY: by the header's rules.
    unsafe { text(read(|| Some(borrowed(value)?.str_with_nul())), len) }
}

/// An integer. False, leaving `out` alone, for anything else, and for what does not fit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_int(value: *const mx_value, out: *mut i64) -> bool {
    // SAFETY: by the header's rules.
    unsafe { write(read(|| Some(borrowed(value)?.as_i64())), out) }
}

/// A number, integers included. False, leaving `out` alone, for anything else, and for what is beyond
/// a double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_double(value: *const mx_value, out: *mut f64) -> bool {
    // SAFETY: by the header's rules.
    unsafe { write(read(|| Some(borrowed(value)?.as_f64())), out) }
}

/// A boolean. False, leaving `out` alone, for anything else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_bool(value: *const mx_value, out: *mut bool) -> bool {
    // SAFETY: by the header's rules.
    unsafe { write(read(|| Some(borrowed(value)?.as_bool())), out) }
}

/// A value's JSON as it came, for another parser: a part of the body, NOT ended by NUL. NULL for NULL.
///
/// @param len  receives the length in bytes
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mx_value_json(value: *const mx_value, len: *mut usize) -> *const c_char {
    // SAFETY: by the header's rules.
    let json = read(|| Some(unsafe { borrowed(value) }.map(Value::json)));
    // SAFETY: by the header's rules.
    unsafe { write(json.map(<[u8]>::len), len) };
    json.map_or(ptr::null(), |json| json.as_ptr().cast())
}

/// The value behind a pointer of the application's.
///
/// # Safety
/// `value` must be NULL or come from [`found`], and its result must be alive.
unsafe fn borrowed<'a>(value: *const mx_value) -> Option<Value<'a>> {
    let node = value.cast::<Node>();
    // SAFETY: by this function's contract it is NULL or a node in the array of a document that is alive.
    let place = unsafe { node.as_ref() }?.place();
    // SAFETY: the pointer was made from the whole array, in which as many entries stand before the node;
    // the first one knows the document, whose address `found` has exposed.
    let document = unsafe {
        let first = &*node.sub(place);
        &*ptr::with_exposed_provenance::<Document>(first.document_address())
    };
    Some(Value::new(document, place))
}

/// Hands a value out. A panic answers what an absent value would.
fn found<'a>(body: impl FnOnce() -> Option<Value<'a>>) -> *const mx_value {
    let pointer = read(|| {
        let value = body()?;
        let document = value.document();
        // From here on `borrowed` may go by the address.
        let _ = ptr::from_ref(document).expose_provenance();
        Some(Some(Found(document.nodes().as_ptr().wrapping_add(value.place()))))
    });
    pointer.map_or(ptr::null(), |Found(node)| node.cast())
}

/// A pointer, for a place that wants a default.
struct Found(*const Node);

/// Borrows a JSON pointer.
///
/// # Safety
/// `json_pointer` must be NULL or a string.
unsafe fn pointer<'a>(json_pointer: *const c_char) -> Option<&'a str> {
    // SAFETY: by this function's contract.
    unsafe { optional_text(json_pointer, "json_pointer") }.ok().flatten()
}

/// Hands a text out that has a NUL behind it.
///
/// # Safety
/// `len` must be NULL or writable.
unsafe fn text(with_nul: Option<&str>, len: *mut usize) -> *const c_char {
    let whole = with_nul.and_then(|text| text.strip_suffix('\0'));
    let Some(whole) = whole.filter(|text| !len.is_null() || !text.contains('\0')) else {
        return ptr::null();
    };
    // SAFETY: by this function's contract.
    unsafe { write(Some(whole.len()), len) };
    with_nul.unwrap_or("\0").as_ptr().cast()
}
