//! The vectors of `tests/vectors`: files that the real `MXNet` 1.9.1 wrote.
//!
//! Each must be read as its manifest says, by every reader, and written byte for byte.

#![allow(clippy::unwrap_used)] // `allow-unwrap-in-tests` does not reach the helpers here

use std::{fmt::Write as _, fs, path::PathBuf};

use recordio::{
    idx::{Index, Key, KeyKind},
    image_record::{ImageRecordHeader, Label},
    io::{IndexedReader, IndexedWriter, Indexer, Reader, Writer},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// One case of the manifest with the bytes of its files.
struct Case {
    name: String,
    rec: Vec<u8>,
    idx: Option<Vec<u8>>,
    key_kind: KeyKind,
    records: Vec<Value>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

fn cases() -> Vec<Case> {
    let manifest = fs::read(folder().join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let cases: Vec<Case> = manifest["cases"].as_array().unwrap().iter().map(case).collect();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    cases
}

fn case(case: &Value) -> Case {
    let file = |name: &Value, sha256: &Value| {
        let bytes = name.as_str().map(|name| fs::read(folder().join(name)).unwrap());
        assert_eq!(bytes.as_deref().map(hex_of_sha256).as_deref(), sha256.as_str(), "{name}");
        bytes
    };
    Case {
        name: case["name"].as_str().unwrap().to_owned(),
        rec: file(&case["rec"], &case["rec_sha256"]).unwrap(),
        idx: file(&case["idx"], &case["idx_sha256"]),
        key_kind: key_kind(case["records"].as_array().unwrap()),
        records: case["records"].as_array().unwrap().clone(),
    }
}

/// Returns the kind that the keys have in this crate: Python's integers may be too large for one.
fn key_kind(records: &[Value]) -> KeyKind {
    let mut keys = records.iter().filter_map(|record| record["key"].as_str());
    if keys.all(|key| key.parse::<i64>().is_ok()) { KeyKind::Integer } else { KeyKind::Text }
}

/// Returns the bytes that a payload of the manifest stands for, or `None` for encoded images.
fn payload(value: &Value) -> Option<Vec<u8>> {
    if let Some(hex) = value["hex"].as_str() {
        return Some(unhex(hex));
    }
    if let Some(unit) = value["repeat_hex"].as_str() {
        let len = usize::try_from(value["length"].as_u64().unwrap()).unwrap();
        return Some(unhex(unit).into_iter().cycle().take(len).collect());
    }
    let parts = value["parts"].as_array()?;
    parts.iter().map(payload).collect::<Option<Vec<_>>>().map(|parts| parts.concat())
}

fn assert_is(found: &[u8], expected: &Value, name: &str) {
    match payload(expected) {
        Some(bytes) => assert!(found == bytes, "{name}: another payload"),
        None => assert_eq!(hex_of_sha256(found), expected["sha256"].as_str().unwrap(), "{name}"),
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn hex_of_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn key_of(kind: KeyKind, text: &str) -> Key<'_> {
    match kind {
        KeyKind::Integer => Key::Integer(text.parse().unwrap()),
        KeyKind::Text => Key::Text(text),
    }
}

#[test]
fn every_vector_is_read_in_sequence() {
    for case in cases() {
        let mut reader = Reader::new(case.rec.as_slice());
        for record in &case.records {
            assert_eq!(reader.offset(), record["offset"].as_u64().unwrap(), "{}", case.name);
            assert_is(reader.read_record().unwrap().unwrap(), &record["payload"], &case.name);
        }
        assert_eq!(reader.read_record().unwrap(), None, "{}", case.name);
    }
}

#[test]
fn every_vector_is_indexed_from_its_headers() {
    for case in cases() {
        let index = Indexer::new(&case.rec).unwrap().into_index().unwrap();
        let offsets: Vec<u64> =
            case.records.iter().map(|record| record["offset"].as_u64().unwrap()).collect();
        assert_eq!(index.offsets(), offsets, "{}", case.name);
    }
}

#[test]
fn every_vector_is_read_by_key() {
    for case in cases() {
        let Some(idx) = &case.idx else { continue };
        let index = Index::parse(idx.as_slice(), case.key_kind).unwrap();
        let (reader, mut buffer) = (IndexedReader::new(case.rec.as_slice(), index), Vec::new());
        let with_keys = case.records.iter().filter(|record| record["key"].is_string());
        let with_keys: Vec<&Value> = with_keys.collect();
        assert_eq!(reader.index().len(), with_keys.len(), "{}", case.name);
        for (ordinal, record) in with_keys.iter().enumerate() {
            let found = reader.read(ordinal, &mut buffer).unwrap().unwrap();
            assert_is(found, &record["payload"], &case.name);
            let key = &record["key"];
            let last = with_keys.iter().rfind(|other| other["key"] == *key).unwrap();
            let key = key_of(case.key_kind, key.as_str().unwrap());
            let found = reader.read_key(key, &mut buffer).unwrap().unwrap();
            assert_is(found, &last["payload"], &case.name);
        }
    }
}

#[test]
fn every_vector_is_written_byte_for_byte() {
    for case in cases() {
        let (mut rec, mut idx) = (Vec::new(), Vec::new());
        let mut writer = IndexedWriter::new(Writer::new(&mut rec), &mut idx);
        for record in &case.records {
            // Encoded images are not in the manifest; they come from the file itself.
            let bytes = payload(&record["payload"]).unwrap_or_else(|| {
                let offset = usize::try_from(record["offset"].as_u64().unwrap()).unwrap();
                Reader::new(&case.rec[offset..]).read_record().unwrap().unwrap().to_vec()
            });
            let offset = match record["key"].as_str() {
                Some(key) => writer.write_record(key_of(case.key_kind, key), &bytes).unwrap(),
                None => writer.write_unindexed(&bytes).unwrap(),
            };
            assert_eq!(offset, record["offset"].as_u64().unwrap(), "{}", case.name);
        }
        drop(writer);
        assert!(rec == case.rec, "{}: other records", case.name);
        assert!(idx == case.idx.unwrap_or_default(), "{}: another index", case.name);
    }
}

#[test]
fn every_image_record_is_unpacked_and_packed() {
    let mut count = 0;
    for case in cases() {
        for record in case.records.iter().filter(|record| record["unpacked"].is_object()) {
            let offset = usize::try_from(record["offset"].as_u64().unwrap()).unwrap();
            let stored = Reader::new(&case.rec[offset..]).read_record().unwrap().unwrap().to_vec();
            let (header, body) = ImageRecordHeader::unpack(&stored).unwrap();
            let unpacked = &record["unpacked"];
            assert_eq!(Some(header.id), unpacked["id"].as_u64(), "{}", case.name);
            assert_eq!(Some(header.id2), unpacked["id2"].as_u64(), "{}", case.name);
            let (flag, labels) = match &header.label {
                Label::Scalar(label) => (0, vec![*label]),
                Label::Vector(labels) => (labels.len(), labels.clone()),
            };
            assert_eq!(unpacked["flag"].as_u64(), Some(flag as u64), "{}", case.name);
            assert_labels(&labels, &unpacked["label"], &case.name);
            assert_is(body, &record["body"], &case.name);
            let mut packed = Vec::new();
            header.pack_into(&mut packed);
            packed.extend_from_slice(body);
            assert!(packed == stored, "{}: packed otherwise", case.name);
            count += 1;
        }
    }
    assert!(count >= 40, "{count} image records");
}

fn assert_labels(found: &[f32], expected: &Value, name: &str) {
    let expected = expected.as_array().cloned().unwrap_or_else(|| vec![expected.clone()]);
    let as_text = |label: &f32| match *label {
        label if label.is_nan() => "nan".to_owned(),
        label if label.is_infinite() => if label > 0.0 { "inf" } else { "-inf" }.to_owned(),
        label => f64::from(label).to_string(),
    };
    let expected: Vec<String> = expected
        .iter()
        .map(|label| match label.as_f64() {
            Some(number) => number.to_string(),
            None => label.as_str().unwrap().to_owned(),
        })
        .collect();
    assert_eq!(found.iter().map(as_text).collect::<Vec<_>>(), expected, "{name}");
}
