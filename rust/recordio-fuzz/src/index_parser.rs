//! The index against a slow parser, and every way to parse one against the others.

use std::num::NonZero;

use recordio::{
    Error,
    idx::{EntryFault, Index, Key, KeyKind, SalvagedIndex},
    io::Workers,
};

use crate::{
    Choices,
    oracle::{self, Line, Parsed},
    stutter::Source,
};

/// Offsets that are just possible, and just not.
const LIMITS: [&str; 3] = ["18446744073709551615", "18446744073709551616", "-8"];

/// What a text is: an index, or the number of its first bad line and what is wrong with it.
type Outcome = Result<Vec<Line>, (u64, EntryFault)>;

/// Checks that an index is the same, error and line number included, whether it is parsed slowly,
/// from a stream or by threads in blocks of any length; the same again once it is written; and that of
/// a damaged one no line is lost but those at fault.
///
/// # Panics
///
/// Where it is not.
pub fn index_parser(data: &[u8]) {
    let mut choices = Choices::new(data);
    let kind = choices.of(&[KeyKind::Integer, KeyKind::Text]);
    let (threads, block_len) = (1 + choices.below(4), 1 + choices.below(100));
    let max_faults = choices.below(8);
    let mut source_choices = Choices::new(choices.bytes(8));
    let text = text(&mut choices);
    // Where lines are long, every block is read up to the end of one.
    let block_len = block_len + text.len() / 64;
    let want = oracle::parse_index(&text, kind);

    let source = Source::new(&text, &mut source_choices);
    let streamed = Index::parse(source, kind);
    let workers = Workers::new(threads).with_block_len(NonZero::new(block_len).expect("1 or more"));
    let shared = workers.parse_index(&text[..], kind, || Ok(()));
    assert_eq!(format!("{:?}", streamed.as_ref().err()), format!("{:?}", shared.as_ref().err()));
    assert_eq!(outcome(&streamed), want);
    assert_eq!(outcome(&shared), want);

    let salvaged = Index::salvage(&text[..], kind, max_faults).expect("a text in memory is read");
    check_salvaged(&salvaged, max_faults, &oracle::parse_lines(&text, kind));
    if let (Err(Error::Index(error)), Some(fault)) = (&streamed, salvaged.faults.first()) {
        assert_eq!(error, fault);
    }
    if let Ok(index) = streamed {
        check_searches(&index, want.as_deref().unwrap_or_default());
        check_written(&index);
    }
}

fn text(choices: &mut Choices<'_>) -> Vec<u8> {
    if choices.below(3) == 0 {
        return choices.rest().to_vec();
    }
    let mut text = Vec::new();
    while !choices.is_used_up() && text.len() < 1 << 17 && !choices.one_in(64) {
        line(&mut text, choices);
    }
    text
}

/// Adds a line that is mostly an entry.
fn line(text: &mut Vec<u8>, choices: &mut Choices<'_>) {
    let key_begin = text.len();
    match choices.below(12) {
        0..=4 => text.extend(choices.below(300).to_string().bytes()),
        5 | 6 => {
            text.extend(i64::from_ne_bytes(choices.number().to_ne_bytes()).to_string().bytes());
        }
        7 | 8 => {
            let len = choices.below(12);
            text.extend_from_slice(choices.bytes(len));
        }
        9 => text.extend(
            choices.of(&["-0", "+7", "1_0", "007", "1__0", "_1", "-", "ä", "\u{2003}"]).bytes(),
        ),
        10 => text
            .extend(vec![b'7'; choices.of(&[15, 16, 17, 19, 20, 40, 65_500]) + choices.below(40)]),
        _ => text.extend(choices.of(&[" 1 ", "\u{a0}x", "\x1c", "\x0b5"]).bytes()),
    }
    if choices.one_in(16) {
        // As long as a line may be, or a little longer.
        text.resize(key_begin + 65_500 + choices.below(64), b'k');
    }
    text.extend(choices.of(&["\t", "\t", "\t", "\t", "\t", "\t", "", " ", "\t\t", " \t "]).bytes());
    match choices.below(8) {
        0..=3 => text.extend((4 * choices.below(1 << 16)).to_string().bytes()),
        4 => text.extend(choices.number().to_string().bytes()),
        5 => text.extend(choices.of(&LIMITS).bytes()),
        6 => text.extend(choices.of(&["+16", "1_6", "016", "1 6", "\u{a0}16", "", "1.5"]).bytes()),
        _ => {
            let len = choices.below(8);
            text.extend_from_slice(choices.bytes(len));
        }
    }
    let ends = ["\n", "\n", "\n", "\n", "\r\n", "\tmore\n", " \n", "\r", "\n\n", "", "\u{85}\n"];
    text.extend(choices.of(&ends).bytes());
}

fn outcome(index: &Result<Index, Error>) -> Outcome {
    match index {
        Ok(index) => Ok((0..index.len()).map(|ordinal| entry(index, ordinal)).collect()),
        Err(Error::Index(error)) => Err((error.line, error.fault)),
        Err(error) => panic!("no text in memory gives {error:?}"),
    }
}

fn entry(index: &Index, ordinal: usize) -> Line {
    let key = match index.key(ordinal) {
        Some(Key::Integer(key)) => key.to_string(),
        Some(Key::Text(key)) => key.to_owned(),
        None => panic!("every entry has a key"),
    };
    (key, index.offset(ordinal).expect("every entry has an offset"))
}

/// Checks that of a damaged index all entries are had, and all faults told, as far as wanted.
fn check_salvaged(salvaged: &SalvagedIndex, max_faults: usize, want: &[Parsed]) {
    let SalvagedIndex { index, faults, fault_count } = salvaged;
    let entries: Vec<Line> = (0..index.len()).map(|ordinal| entry(index, ordinal)).collect();
    assert!(entries.iter().eq(want.iter().flatten()));
    let found = faults.iter().map(|error| (error.line, error.fault));
    let want = (1..).zip(want).filter_map(|(line, want)| Some((line, *want.as_ref().err()?)));
    assert_eq!(*fault_count, want.clone().count() as u64);
    assert!(found.eq(want.take(max_faults)));
}

/// Checks what is found by key, and what stands behind an offset.
fn check_searches(index: &Index, lines: &[Line]) {
    for (ordinal, (_, offset)) in lines.iter().enumerate().take(100) {
        let key = index.key(ordinal).expect("every entry has a key");
        let last = lines.iter().rposition(|(other, _)| *other == lines[ordinal].0);
        assert_eq!(index.find(key), last);
        let next = lines.iter().map(|(_, other)| *other).filter(|other| other > offset).min();
        assert_eq!(index.next_offset(*offset), next);
        assert_eq!(index.extent(ordinal), next.map(|next| next - offset));
    }
    for key in -1..2 {
        let last = lines.iter().rposition(|(other, _)| *other == key.to_string());
        let last = last.filter(|_| index.key_kind() == KeyKind::Integer);
        assert_eq!(index.find(Key::Integer(key)), last);
    }
    assert_eq!(index.find(Key::Text("no key has\ttwo columns")), None);
}

/// Checks that an index comes back from its text.
fn check_written(index: &Index) {
    let mut text = Vec::new();
    match index.write(&mut text) {
        Ok(()) => {}
        // What was read with white space around it, or with none in between, cannot be written.
        Err(Error::InvalidKey(_)) => return,
        Err(error) => panic!("{error}"),
    }
    let again = Index::parse(&text[..], index.key_kind());
    assert_eq!(outcome(&again), Ok((0..index.len()).map(|at| entry(index, at)).collect()));
}
