//! The loops that every byte or every record goes through: `cargo bench --package recordio`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use recordio::{
    decoder::{Decoder, Event},
    encoder,
    fragment::MAGIC,
    idx::{Index, IndexBuilder, Key, KeyKind},
    io::Writer,
};

/// Bytes without the magic and without a pattern that a branch predictor could learn.
fn payload(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8 & 0x7f // the magic has bytes above that
    };
    (0..len).map(|_| next()).collect()
}

/// A file of so many equal records.
fn file(record: &[u8], count: u64) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    for _ in 0..count {
        writer.write_record(record).expect("a Vec takes all that is written to it");
    }
    writer.into_inner().expect("a Vec takes all that is written to it")
}

fn decode(criterion: &mut Criterion) {
    const COUNT: u64 = 100;
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(COUNT)); // payloads are handed on, not looked at
    for len in [100, 5_000, 110_000] {
        let file = file(&payload(len), COUNT);
        group.bench_function(BenchmarkId::new("whole", len), |bencher| {
            bencher.iter(|| {
                let (mut input, mut decoder) = (file.as_slice(), Decoder::new(0, Some(0)));
                while let Some(record) = decoder.decode_whole(&mut input) {
                    black_box(record);
                }
                assert!(input.is_empty());
            });
        });
        group.bench_function(BenchmarkId::new("events", len), |bencher| {
            bencher.iter(|| {
                let (mut input, mut decoder) = (file.as_slice(), Decoder::new(0, Some(0)));
                while black_box(decoder.decode(&mut input).expect("the file is valid"))
                    != Event::NeedInput
                {}
                assert!(input.is_empty());
            });
        });
    }
    group.finish();
}

/// What looks for the magic in every record that is written.
fn find_magic(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("find magic");
    for len in [100, 5_000, 110_000] {
        let without = payload(len);
        let mut with = without.clone();
        for at in (0..len - 4).step_by(400) {
            with[at..at + 4].copy_from_slice(&MAGIC);
        }
        group.throughput(Throughput::Bytes(len as u64));
        for (name, record) in [("none", &without), ("every 400 bytes", &with)] {
            group.bench_with_input(BenchmarkId::new(name, len), record, |bencher, record| {
                bencher.iter(|| {
                    encoder::split(black_box(record)).expect("it is short enough").count()
                });
            });
        }
    }
    group.finish();
}

fn parse_index(criterion: &mut Criterion) {
    const COUNT: u32 = 100_000;
    let mut group = criterion.benchmark_group("parse index");
    group.throughput(Throughput::Elements(COUNT.into()));
    for (name, kind) in [("integer keys", KeyKind::Integer), ("text keys", KeyKind::Text)] {
        let mut builder = IndexBuilder::new(kind);
        for number in 0..COUNT {
            let (integer, text) = (i64::from(number), format!("image-{number:07}.jpg"));
            let key = if kind == KeyKind::Text { Key::Text(&text) } else { Key::Integer(integer) };
            builder.push(key, u64::from(number) * 110_008);
        }
        let mut text = Vec::new();
        builder.finish().write(&mut text).expect("a Vec takes all that is written to it");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let index = Index::parse(text.as_slice(), kind).expect("it was just written");
                assert_eq!(index.len(), COUNT as usize);
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decode(&mut criterion);
    find_magic(&mut criterion);
    parse_index(&mut criterion);
    criterion.final_summary();
}
