//! `Salvage`: what a whole file has that is intact.

use std::{fs::File, sync::Arc};

use pyo3::prelude::*;
use recordio::{
    Error,
    idx::Index,
    io::{ReadAt, Salvage, Skipped, Workers},
};

use crate::{index::PyRecordIndex, interrupt::reporting_pause, source};

#[pyclass(name = "Salvage", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PySalvage {
    salvage: Salvage,
    /// The index that was compared with it.
    index: Option<Arc<Index>>,
}

/// A region as Python gets it: begin, end, kind, reason, offset, ordinal.
type Region = (u64, u64, &'static str, String, u64, u64);

impl PySalvage {
    pub(crate) fn of(
        py: Python<'_>,
        file: &File,
        index: Option<Arc<Index>>,
        max_skipped: usize,
        progress: Option<Py<PyAny>>,
    ) -> Result<Self, Error> {
        source::check_offsets(file)?;
        let size = file.source_len()?;
        let salvage = py.detach(|| {
            let pause = reporting_pause(progress, size);
            Workers::default().salvage(file, index.as_deref(), max_skipped, pause)
        })?;
        Ok(Self { salvage, index })
    }

    /// Returns the first `limit` of some ordinals, and how many there are.
    fn first(ordinals: impl Iterator<Item = usize>, limit: usize) -> (Vec<usize>, usize) {
        let (mut first, mut count) = (Vec::new(), 0);
        for ordinal in ordinals {
            count += 1;
            if first.len() < limit {
                first.push(ordinal);
            }
        }
        (first, count)
    }
}

#[pymethods]
impl PySalvage {
    fn __len__(&self) -> usize {
        self.salvage.offsets().len()
    }

    /// Returns the regions from the place `begin` to `end`.
    fn skipped(&self, begin: usize, end: usize) -> Vec<Region> {
        let region = |Skipped { region, ordinal }: &Skipped| {
            let (kind, reason) = (region.damage.kind(), region.damage.to_string());
            (region.begin, region.end, kind, reason, region.offset, *ordinal)
        };
        let skipped = self.salvage.skipped();
        let end = end.min(skipped.len());
        skipped.get(begin.min(end)..end).unwrap_or_default().iter().map(region).collect()
    }

    #[getter]
    fn skipped_count(&self) -> u64 {
        self.salvage.skipped_count()
    }

    /// Returns whether a byte lies in a region that was kept.
    fn is_skipped(&self, offset: u64) -> bool {
        let skipped = self.salvage.skipped();
        let behind = skipped.partition_point(|skipped| skipped.region.begin <= offset);
        let last = behind.checked_sub(1).and_then(|place| skipped.get(place));
        last.is_some_and(|last| offset < last.region.end)
    }

    fn wrong_entries(&self, py: Python<'_>, limit: usize) -> (Vec<usize>, usize) {
        py.detach(|| {
            let index = self.index.as_deref();
            index.map_or_else(Default::default, |index| {
                Self::first(self.salvage.wrong_entries(index), limit)
            })
        })
    }

    fn unlisted_records(&self, py: Python<'_>, limit: usize) -> (Vec<usize>, usize) {
        py.detach(|| {
            let index = self.index.as_deref();
            index.map_or_else(Default::default, |index| {
                Self::first(self.salvage.unlisted_records(index), limit)
            })
        })
    }

    fn records(&self, py: Python<'_>) -> PyRecordIndex {
        PyRecordIndex { index: Arc::new(py.detach(|| self.salvage.to_index())) }
    }

    fn entries(&self, py: Python<'_>) -> PyRecordIndex {
        let index = py.detach(|| match &self.index {
            Some(index) => self.salvage.entries_of(index),
            None => self.salvage.to_index(),
        });
        PyRecordIndex { index: Arc::new(index) }
    }
}
