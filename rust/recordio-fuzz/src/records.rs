//! Records that choices make, and the file of them.

use recordio::io::Writer;

use crate::{Choices, oracle::MAGIC};

/// How many bytes the records of a file have together, about: enough for every buffer that is
/// looked at in blocks, and not so many that it takes long.
pub(crate) const MAX_LEN: usize = 200_000;

/// Lengths at which something else is done: what is read at once, or trusted.
const LONG: [usize; 7] = [100, 1000, 4096, 8192, 16_384, 32_768, 65_536];

/// Makes records until the choices are used up, or say that it is enough.
pub(crate) fn records(choices: &mut Choices<'_>) -> Vec<Vec<u8>> {
    let (mut records, mut len) = (Vec::new(), 0);
    while !choices.is_used_up() && len < MAX_LEN && !choices.one_in(32) {
        let record = payload(choices);
        len += record.len();
        records.push(record);
    }
    records
}

/// Makes the payload of one record: of any bytes, of many magics, or a long one.
pub(crate) fn payload(choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.below(16) {
        0..=5 => {
            let len = choices.below(48);
            choices.bytes(len).to_vec()
        }
        6..=11 => (0..choices.below(8)).flat_map(|_| piece(choices)).collect(),
        12..=14 => vec![choices.of(&[0, 0xff, 0xce, b'x']); choices.below(64)],
        _ => {
            let len = choices.of(&LONG) + choices.below(32);
            vec![choices.byte(); len - 16]
        }
    }
}

/// Makes what a writer has to split at, or looks as if.
fn piece(choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.below(8) {
        0..=3 => MAGIC.to_vec(),
        4 => MAGIC[..choices.below(4)].to_vec(),
        5 => MAGIC[choices.below(4)..].to_vec(),
        _ => {
            let len = choices.below(9);
            choices.bytes(len).to_vec()
        }
    }
}

/// Writes records and returns the file, and the offset of each.
pub(crate) fn write(records: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
    let mut writer = Writer::new(Vec::new());
    let offset = |record: &Vec<u8>| writer.write_record(record).expect("a Vec takes all there is");
    let offsets = records.iter().map(offset).map(to_usize).collect();
    (writer.into_inner().expect("a Vec takes all there is"), offsets)
}

/// Returns an offset in memory, where every file here is.
pub(crate) fn to_usize(offset: u64) -> usize {
    usize::try_from(offset).expect("the file is in memory")
}
