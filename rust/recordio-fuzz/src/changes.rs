//! What happens to files.

use crate::{Choices, oracle::is_magic_at};

/// Damages a file in one place.
pub(crate) fn change(file: &mut Vec<u8>, choices: &mut Choices<'_>) {
    let kind = choices.below(8);
    let at = place(file, choices);
    match kind {
        0..=2 => flip_bit(file, at, choices.below(8)),
        3 => {
            if let Some(byte) = file.get_mut(at) {
                *byte = choices.byte();
            }
        }
        4 => {
            let (len, byte) = (4 * choices.below(16), choices.byte());
            file.iter_mut().skip(at).take(len).for_each(|place| *place = byte);
        }
        5 => {
            let len = choices.below(32).min(file.len() - at);
            file.drain(at..at + len);
        }
        6 => {
            let bytes = vec![choices.byte(); choices.below(16)];
            file.splice(at..at, bytes);
        }
        _ => file.truncate(at),
    }
}

/// Flips one bit of a file, if there is such a byte.
pub(crate) fn flip_bit(file: &mut [u8], at: usize, bit: usize) {
    if let Some(byte) = file.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

/// Chooses a place in a file, mostly in a header; at its end where there is none.
pub(crate) fn place(file: &[u8], choices: &mut Choices<'_>) -> usize {
    let at = choices.below(file.len().max(257));
    let heads = (0..file.len()).step_by(4).filter(|at| is_magic_at(file, *at));
    let count = heads.clone().count();
    match at.checked_rem(count) {
        Some(number) if at % 4 != 3 => {
            let head = heads.clone().nth(number).unwrap_or_default();
            (head + choices.below(12)).min(file.len())
        }
        _ => at % (file.len() + 1),
    }
}
