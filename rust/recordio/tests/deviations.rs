//! The vectors of `tests/vectors/deviations`: files with something wrong in them.
//!
//! What readers make of each is in the manifest, which a slow decoder in Python made.

#![allow(clippy::unwrap_used)] // `allow-unwrap-in-tests` does not reach the helpers here

use std::{fmt::Write as _, fs, path::PathBuf};

use recordio::{
    Error,
    idx::{Index, KeyKind},
    image_record::{ImageRecordError, ImageRecordHeader},
    io::{Found, IndexedReader, Indexer, Reader, Rescue},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One case of the manifest with the bytes of its files.
struct Case {
    name: String,
    rec: Vec<u8>,
    idx: Option<Vec<u8>>,
    manifest: Value,
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/deviations");
    let manifest = fs::read(folder.join("deviations.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let file = |case: &Value, ending: &str| {
        let bytes = fs::read(folder.join(case[ending].as_str()?)).unwrap();
        assert_eq!(hex(&Sha256::digest(&bytes)), case[format!("{ending}_sha256")]);
        Some(bytes)
    };
    let cases: Vec<Case> = manifest["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| Case {
            name: case["name"].as_str().unwrap().to_owned(),
            rec: file(case, "rec").unwrap(),
            idx: file(case, "idx"),
            manifest: case.clone(),
        })
        .collect();
    assert!(cases.len() >= 80, "{} cases", cases.len());
    cases
}

impl Case {
    fn key_kind(&self) -> KeyKind {
        match self.manifest["key_type"].as_str() {
            Some("str") => KeyKind::Text,
            _ => KeyKind::Integer,
        }
    }

    /// Returns the index, where it has no fault.
    fn index(&self) -> Option<Index> {
        let fault = &self.manifest["index"]["fault"];
        let idx = self.idx.as_ref().filter(|_| fault.is_null())?;
        Some(Index::parse(idx.as_slice(), self.key_kind()).unwrap())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Returns an error as the manifest has it; `ordinal` only where it is counted.
fn as_in_manifest(error: &Error) -> Value {
    let kind = error.kind();
    match error {
        Error::Format { offset, ordinal: Some(ordinal), .. } => {
            json!({ "kind": kind, "offset": offset, "ordinal": ordinal })
        }
        Error::Index(entry) => json!({ "kind": kind, "line": entry.line }),
        other => json!({ "kind": kind, "offset": other.offset().unwrap() }),
    }
}

#[test]
fn a_strict_reader_reads_up_to_the_first_fault() {
    for case in cases() {
        let strict = &case.manifest["strict"];
        for capacity in [1, 7, 1 << 16] {
            let mut reader = Reader::with_capacity(capacity, case.rec.as_slice());
            for record in list(&strict["records"]) {
                assert_eq!(record["offset"], reader.offset(), "{}", case.name);
                let found = reader.read_record().unwrap().unwrap();
                assert_eq!(record["payload"]["hex"], hex(found), "{}", case.name);
            }
            let found = match reader.read_record() {
                Ok(record) => record.map_or(Value::Null, |record| hex(record).into()),
                Err(error) => as_in_manifest(&error),
            };
            assert_eq!(found, strict["error"], "{}", case.name);
        }
    }
}

#[test]
fn an_indexer_finds_offsets_up_to_the_first_fault() {
    for case in cases() {
        let strict = &case.manifest["strict"];
        match Indexer::new(&case.rec).and_then(Indexer::into_index) {
            Ok(index) => {
                assert!(strict["error"].is_null(), "{}", case.name);
                let offsets: Vec<&Value> =
                    list(&strict["records"]).iter().map(|record| &record["offset"]).collect();
                assert_eq!(offsets, index.offsets(), "{}", case.name);
            }
            Err(error) => assert_eq!(as_in_manifest(&error), strict["error"], "{}", case.name),
        }
    }
}

#[test]
fn each_entry_gives_its_record_or_its_error() {
    let mut count = 0;
    for case in cases() {
        let Some(index) = case.index() else { continue };
        let entries = list(&case.manifest["index"]["entries"]);
        assert_eq!(index.len(), entries.len(), "{}", case.name);
        let reader = IndexedReader::new(case.rec.as_slice(), index);
        for (ordinal, entry) in entries.iter().enumerate() {
            assert_eq!(reader.index().offset(ordinal), entry["offset"].as_u64(), "{}", case.name);
            let mut buffer = Vec::new();
            match reader.read(ordinal, &mut buffer) {
                Ok(record) => {
                    assert_eq!(entry["payload"]["hex"], hex(record.unwrap()), "{}", case.name);
                }
                Err(error) => {
                    let mut found = as_in_manifest(&error);
                    found.as_object_mut().unwrap().remove("ordinal");
                    assert_eq!(found, entry["error"], "{}", case.name);
                }
            }
            count += 1;
        }
    }
    assert!(count >= 60, "{count} entries");
}

#[test]
fn a_faulty_line_is_found_when_the_index_is_read() {
    let mut count = 0;
    for case in cases() {
        let fault = &case.manifest["index"]["fault"];
        let Some(idx) = case.idx.as_ref().filter(|_| !fault.is_null()) else { continue };
        let error = Index::parse(idx.as_slice(), case.key_kind()).unwrap_err();
        assert_eq!(as_in_manifest(&error), *fault, "{}", case.name);
        count += 1;
    }
    assert!(count >= 10, "{count} faults");
}

#[test]
fn records_that_are_no_image_records_are_refused() {
    let mut count = 0;
    for case in cases() {
        let mut reader = Reader::new(case.rec.as_slice());
        for expected in list(&case.manifest["unpacked"]) {
            let record = reader.read_record().unwrap().unwrap();
            let found = match ImageRecordHeader::unpack(record) {
                Ok(_) => Value::Null,
                Err(ImageRecordError::HeaderTooShort { .. }) => "image-header-too-short".into(),
                Err(ImageRecordError::LabelsTooShort { .. }) => "image-labels-too-short".into(),
                Err(error) => panic!("{error}"),
            };
            assert_eq!(found, *expected, "{}", case.name);
            count += 1;
        }
    }
    assert!(count >= 5, "{count} records");
}

#[test]
fn a_lenient_reader_gives_the_intact_records_and_the_regions_between() {
    for case in cases() {
        let listed = case.index().map(|index| index.offsets().to_vec()).unwrap_or_default();
        let (mut records, mut skipped) = (Vec::new(), Vec::new());
        for found in Rescue::new(&case.rec).unwrap().with_listed(listed) {
            match found.unwrap() {
                Found::Record(span) => {
                    let offset = usize::try_from(span.offset).unwrap();
                    // Only the pad of the last record may be missing.
                    let bytes = [&case.rec[offset..], &[0; 3]].concat();
                    let payload =
                        hex(Reader::new(bytes.as_slice()).read_record().unwrap().unwrap());
                    records.push(json!({ "offset": span.offset, "payload": { "hex": payload } }));
                }
                Found::Skipped(region) => skipped.push(json!({
                    "begin": region.begin, "end": region.end, "kind": region.damage.kind()
                })),
            }
        }
        let lenient = &case.manifest["lenient"];
        assert_eq!(records, list(&lenient["records"]), "{}", case.name);
        assert_eq!(skipped, list(&lenient["skipped"]), "{}", case.name);
    }
}
