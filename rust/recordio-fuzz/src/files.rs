//! Files that choices make: mostly whole fragments, in mostly the right order.

use crate::{
    Choices,
    changes::change,
    oracle::MAGIC,
    records::{MAX_LEN, payload, records, write},
};

/// Makes a file: any bytes, a file as it was written, or fragments of any kind; and then changes.
pub(crate) fn file(choices: &mut Choices<'_>) -> Vec<u8> {
    let changes = choices.below(4);
    // Before the pieces, which take whatever is left.
    let change_choices = choices.bytes(8 * changes);
    let mut file = match choices.below(4) {
        0 => choices.rest().to_vec(),
        1 => write(&records(choices)).0,
        _ => pieces(choices),
    };
    let mut change_choices = Choices::new(change_choices);
    for _ in 0..changes {
        change(&mut file, &mut change_choices);
    }
    file
}

fn pieces(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut file = Vec::new();
    while !choices.is_used_up() && file.len() < MAX_LEN && !choices.one_in(32) {
        file.extend(piece(choices));
    }
    file
}

fn piece(choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.below(16) {
        0..=3 => fragment(0, &payload(choices)),
        4 => split_record(choices),
        // A writer that does not split: a file inside a record.
        5 | 6 => {
            let inner = (0..choices.below(6)).flat_map(|_| inner_piece(choices));
            fragment(0, &inner.collect::<Vec<_>>())
        }
        7..=10 => inner_piece(choices),
        11 | 12 => {
            let flag = choices.of(&[0, 1, 2, 3, 4, 7]);
            fragment(flag, &payload(choices))
        }
        13 => {
            let len = choices.below(24);
            choices.bytes(len).to_vec()
        }
        14 => vec![choices.of(&[0, 0xff, b'x']); choices.below(24)],
        _ => {
            let mut fragment = fragment(0, &payload(choices));
            // One bit of its length, or of its flag.
            let bit = choices.below(32);
            fragment[4 + bit / 8] ^= 1 << (bit % 8);
            fragment
        }
    }
}

/// Makes a small record, or only what looks like the head of one.
fn inner_piece(choices: &mut Choices<'_>) -> Vec<u8> {
    if choices.one_in(3) {
        let mut head = fragment(choices.of(&[0, 1, 2, 3, 5]), b"");
        head[4] = choices.byte();
        return head;
    }
    let len = choices.below(16);
    fragment(0, choices.bytes(len))
}

fn split_record(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut file = fragment(1, &payload(choices));
    for _ in 0..choices.below(3) {
        file.extend(fragment(2, &payload(choices)));
    }
    file.extend(fragment(3, &payload(choices)));
    file
}

/// Makes a fragment around any payload, also around one that had to be split.
pub(crate) fn fragment(flag: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("payloads are short here");
    let mut bytes = [&MAGIC[..], &((flag << 29) | len).to_le_bytes(), payload].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
