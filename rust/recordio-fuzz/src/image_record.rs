//! The header of image records, in both directions.

use recordio::image_record::{HEADER_LEN, ImageRecordError, ImageRecordHeader, Label};

use crate::Choices;

/// Checks that any record unpacks as its bytes say, that what was unpacked packs to the same bytes,
/// and that what was packed unpacks to the same header.
///
/// # Panics
///
/// Where it does not.
pub fn image_record(data: &[u8]) {
    let mut choices = Choices::new(data);
    match choices.below(3) {
        0 => check_unpacked(choices.rest()),
        1 => {
            // The number of labels is hardly ever right by chance.
            let (more, exact) = (choices.below(8), choices.one_in(2));
            let mut record = choices.rest().to_vec();
            let labels = record.len().saturating_sub(HEADER_LEN) / 4;
            let flag = if exact { labels } else { (labels + 4).saturating_sub(more) };
            if let Some(place) = record.first_chunk_mut() {
                *place = u32::try_from(flag).unwrap_or(u32::MAX).to_le_bytes();
            }
            check_unpacked(&record);
        }
        _ => check_packed(&mut choices),
    }
}

fn check_unpacked(record: &[u8]) {
    let flag = record.first_chunk().map_or(0, |flag| u32::from_le_bytes(*flag));
    match ImageRecordHeader::unpack(record) {
        Ok((header, data)) => {
            let labels = match &header.label {
                Label::Scalar(_) => 0,
                Label::Vector(labels) => labels.len(),
            };
            assert_eq!(labels as u64, u64::from(flag));
            assert_eq!(record.len(), HEADER_LEN + 4 * labels + data.len());
            let mut packed = Vec::new();
            header.pack_into(&mut packed);
            packed.extend_from_slice(data);
            let mut want = record.to_vec();
            if flag > 0 {
                want[4..8].fill(0); // labels behind the header leave no meaning to the one in it
            }
            assert_eq!(packed, want);
        }
        Err(ImageRecordError::HeaderTooShort { found }) => {
            assert!(record.len() < HEADER_LEN && found == record.len());
        }
        Err(ImageRecordError::LabelsTooShort { expected, found }) => {
            assert_eq!((expected, found), (4 * u64::from(flag), record.len() - HEADER_LEN));
            assert!(expected > found as u64);
        }
        Err(error) => panic!("{error}"),
    }
}

fn check_packed(choices: &mut Choices<'_>) {
    let mut label = || f32::from_bits(u32::from_le_bytes([0; 4].map(|_: u8| choices.byte())));
    let scalar = label();
    let labels: Vec<f32> = [0; 3].map(|_| label()).into();
    let label = match choices.below(5) {
        0 => Label::Scalar(scalar),
        count => Label::Vector(labels[..count - 1].to_vec()),
    };
    let header = ImageRecordHeader { label, id: choices.number(), id2: choices.number() };
    let data = choices.rest();
    let mut record = b"before".to_vec();
    header.pack_into(&mut record);
    assert!(record.starts_with(b"before"));
    record.extend_from_slice(data);
    let (found, found_data) = ImageRecordHeader::unpack(&record[6..]).expect("it was just packed");
    assert_eq!((found.id, found.id2, found_data), (header.id, header.id2, data));
    assert_eq!(bits(&found.label), bits(&header.label));
}

/// Returns labels as bits, for there are numbers that are not equal to themselves.
fn bits(label: &Label) -> (Option<u32>, Vec<u32>) {
    match label {
        Label::Scalar(label) => (Some(label.to_bits()), Vec::new()),
        Label::Vector(labels) if labels.is_empty() => (Some(0), Vec::new()),
        Label::Vector(labels) => (None, labels.iter().map(|label| label.to_bits()).collect()),
    }
}
