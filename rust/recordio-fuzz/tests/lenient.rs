//! The slow lenient decoder on one file for each kind of damage.

use recordio::{FormatError, Part, damage::Damage, fragment::FragmentKind};
use recordio_fuzz::oracle::{Found, MAGIC, rescue};

fn fragment(flag: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("payloads are short here");
    let mut bytes = [&MAGIC[..], &((flag << 29) | len).to_le_bytes(), payload].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Three records of 16 bytes each.
fn three() -> Vec<u8> {
    [fragment(0, b"one....."), fragment(0, b"two....."), fragment(0, b"three...")].concat()
}

/// Decodes a file, and returns where records begin, and regions with what is wrong there.
fn found(file: &[u8], listed: &[usize]) -> (Vec<usize>, Vec<(u64, u64, Damage)>) {
    let (mut records, mut regions) = (Vec::new(), Vec::new());
    for found in rescue(file, &listed.iter().copied().collect()) {
        match found {
            Found::Record(record) => records.push(record.begin),
            Found::Skipped(region) => regions.push((region.begin, region.end, region.damage)),
        }
    }
    (records, regions)
}

#[test]
fn an_intact_file_has_no_region() {
    assert_eq!(found(&three(), &[]), (vec![0, 16, 32], vec![]));
    assert_eq!(found(b"", &[]), (vec![], vec![]));
}

#[test]
fn a_wrong_magic_costs_its_record() {
    let mut file = three();
    file[16] ^= 1;
    let damage = Damage::Format(FormatError::BadMagic { found: 0xced7_230b });
    assert_eq!(found(&file, &[]), (vec![0, 32], vec![(16, 32, damage)]));
}

#[test]
fn adjacent_damage_is_one_region_with_the_first_reason() {
    let mut file = three();
    file[3] ^= 1;
    file[23] |= 0x80;
    let damage = Damage::Format(FormatError::BadMagic { found: 0xcfd7_230a });
    assert_eq!(found(&file, &[]), (vec![32], vec![(0, 32, damage)]));
}

#[test]
fn a_cut_pad_costs_nothing_but_is_told() {
    let file = [fragment(0, b"one"), fragment(0, b"two")].concat();
    let file = &file[..23];
    let truncated = FormatError::Truncated { part: Part::Padding, expected: 1, found: 0 };
    assert_eq!(found(file, &[]), (vec![0, 12], vec![(23, 23, Damage::Format(truncated))]));
}

#[test]
fn a_length_that_reaches_over_the_next_record_costs_one_record() {
    let mut file = three();
    file[4] = 24; // up to the end of the second
    assert_eq!(
        found(&file, &[]),
        (vec![16, 32], vec![(0, 16, Damage::SwallowsRecord { head: 16 })])
    );
    let (_, regions) = found(&file, &[0, 32]);
    assert_eq!(regions.len(), 1, "an index need not list every record, and it is only one bit");
}

#[test]
fn an_index_knows_better_than_a_length_that_is_wrong_in_many_bits() {
    let mut file = [fragment(0, b"one............."), three()].concat();
    file[4] = 32; // instead of 16: up to the end of the second
    let damage = Damage::SwallowsRecord { head: 24 };
    assert_eq!(found(&file, &[]), (vec![24, 40, 56], vec![(0, 24, damage)]));
    assert_eq!(found(&file, &[0, 40]), (vec![0, 40, 56], vec![]));
}

#[test]
fn a_magic_that_a_writer_has_left_in_a_payload_is_data() {
    let file = [fragment(0, &[b"abcd", &MAGIC[..], b"xyz"].concat()), fragment(0, b"end")].concat();
    assert_eq!(found(&file, &[]), (vec![0, 20], vec![]));
    let strict =
        Damage::Format(FormatError::ContinuationWithoutFirst { found: FragmentKind::Last });
    let inner =
        [fragment(0, &[b"abcd", &fragment(3, b"")[..]].concat()), fragment(3, b"")].concat();
    // Not where what follows the record only continues one.
    assert_eq!(found(&inner, &[]), (vec![], vec![(0, 28, Damage::SwallowsRecord { head: 12 })]));
    assert_eq!(found(&inner[20..], &[]), (vec![], vec![(0, 8, strict)]));
}

#[test]
fn a_first_fragment_that_says_it_is_full_goes_on() {
    let file = [fragment(0, b"abcd"), fragment(3, b"xyz"), fragment(0, b"end")].concat();
    assert_eq!(
        found(&file, &[]),
        (vec![24], vec![(0, 24, Damage::RecordGoesOn { continuation: 12 })])
    );
}

#[test]
fn a_length_of_one_bit_less_is_cut_short() {
    let mut file = three();
    file[20] = 0; // instead of 8
    assert_eq!(
        found(&file, &[]),
        (vec![0, 32], vec![(16, 32, Damage::CutShort { expected: 8, found: 0 })])
    );
    let (records, _) = found(&file, &[24]);
    assert_eq!(records, [0, 16, 32], "an index may know better");
}

#[test]
fn a_record_before_bytes_that_were_written_over_is_intact() {
    let mut file = three();
    file[16..32].fill(b'x');
    let damage = Damage::Format(FormatError::BadMagic { found: 0x7878_7878 });
    assert_eq!(found(&file, &[]), (vec![0, 32], vec![(16, 32, damage)]));
}

#[test]
fn a_record_whose_end_was_lost_with_what_follows_is_overwritten() {
    let mut file = [fragment(0, &[b'a'; 48]), fragment(0, b"two....."), three()].concat();
    file[24..72].fill(0);
    let damage = Damage::Overwritten { byte: 0 };
    assert_eq!(found(&file, &[]), (vec![72, 88, 104], vec![(0, 72, damage)]));
}

#[test]
fn an_empty_record_behind_which_nothing_begins_was_not_empty() {
    let mut file = [fragment(0, b""), fragment(0, b"two........."), three()].concat();
    file[8..28].fill(0);
    let damage = Damage::CutShort { expected: 20, found: 0 };
    assert_eq!(found(&file, &[]), (vec![28, 44, 60], vec![(0, 28, damage)]));
    let file = [fragment(0, b""), vec![0; 12]].concat();
    let damage = Damage::Overwritten { byte: 0 };
    assert_eq!(found(&file, &[]), (vec![], vec![(0, 20, damage)]));
}
