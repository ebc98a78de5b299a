//! The decoder against a slow one whose every line is obvious.

#![allow(clippy::unwrap_used)] // `allow-unwrap-in-tests` does not reach the helpers here

use proptest::{collection::vec, prelude::*};
use recordio::{
    fragment::MAGIC,
    io::{Reader, Writer},
};
use recordio_fuzz::oracle::{self, Decoded};

fn slow_decode(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let Decoded { records, fault } = oracle::decode(file);
    fault.is_none().then(|| records.into_iter().map(|record| record.bytes).collect())
}

fn fast_decode(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    Reader::with_capacity(32, file).into_records().collect::<Result<_, _>>().ok()
}

/// A sequence of fragments with any flags, lengths mostly right, and stray bytes.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment =
        (0..8_u32, vec(any::<u8>(), 0..40), 0..20_u32).prop_map(|(flag, payload, noise)| {
            let len = u32::try_from(payload.len()).unwrap() + u32::from(noise == 0);
            let flag = if noise < 18 { flag % 4 } else { flag };
            let mut bytes = MAGIC.to_vec();
            bytes.extend_from_slice(&((flag << 29) | len).to_le_bytes());
            bytes.extend_from_slice(&payload);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        });
    vec(fragment, 0..6).prop_map(|fragments| fragments.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn both_decoders_agree_on_any_fragments(file in fragments(), cut in 0..60_usize) {
        let file = if cut < 8 { &file[..file.len().saturating_sub(cut)] } else { &file[..] };
        prop_assert_eq!(fast_decode(file), slow_decode(file));
    }

    #[test]
    fn both_decoders_agree_on_written_files(records in vec(vec(any::<u8>(), 0..80), 0..8)) {
        let mut writer = Writer::new(Vec::new());
        for record in &records {
            writer.write_record(record).unwrap();
        }
        let file = writer.into_inner().unwrap();
        prop_assert_eq!(slow_decode(&file), Some(records.clone()));
        prop_assert_eq!(fast_decode(&file), Some(records));
    }
}
