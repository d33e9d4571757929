//! Wipes memory before it is given back, so that no freed buffer keeps a secret.
//!
//! What this crate holds wipes itself (see [`crate::secret`]). The HTTP and JSON layers below have
//! copies of their own, of headers, answers and strings with escapes, and free them as they are.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

/// The system's allocator, except that what is freed holds only zeros.
struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

/// A larger block is wiped piece by piece: what `memset` does beyond this size is no faster.
const PIECE: usize = 1024;

// SAFETY: every request goes to the system's allocator as it is, and the bytes that are written lie
// in a block that its owner gives back.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    // `realloc` is the default one, which copies into a new block and gives the old one back here:
    // the system's would leave what was in it.
    //
    // Inlined into every drop, it makes the library a tenth larger.
    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let mut left = layout.size();
        // SAFETY: the caller owns the block, which has that size.
        unsafe {
            if (WORD..=SHORT).contains(&left) {
                wipe_short(block, left);
                return System.dealloc(block, layout);
            }
            while left > PIECE {
                left -= PIECE;
                wipe(block.add(left), PIECE);
            }
            wipe(block, left);
            System.dealloc(block, layout);
        }
    }
}

/// Up to here a few stores cost less than the call of `memset`, which is a third of what wiping costs.
const SHORT: usize = 128;
const WORD: usize = size_of::<u128>();

/// Wipes a short block by words, the last of which may overlap the one before.
///
/// # Safety
/// `length` bytes from `start` on must be writable; it is between [`WORD`] and [`SHORT`].
unsafe fn wipe_short(start: *mut u8, length: usize) {
    let last = length - WORD;
    let mut at = 0;
    // SAFETY: by this function's contract; no store goes beyond `last` and its word.
    unsafe {
        while at < last {
            start.add(at).cast::<u128>().write_unaligned(0);
            at += WORD;
        }
        start.add(last).cast::<u128>().write_unaligned(0);
    }
    black_box(start);
}

/// Zeros that stay although the block is freed right after: for all the compiler knows, they are read.
///
/// # Safety
/// `length` bytes from `start` on must be writable.
unsafe fn wipe(start: *mut u8, length: usize) {
    // SAFETY: by this function's contract.
    unsafe { start.write_bytes(0, length) };
    black_box(start);
}
