//! Files written beside those that they replace, all at once and only when they are whole.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    created::{Created, Mode, open_both},
    error::BindingResult,
    fork::Process,
    os_error,
    output::{Identity, Output, identity_at},
    target::Target,
};

/// The files of a writer that is to replace others, or to remove what it wrote.
pub(crate) struct Replacement {
    records: Partial,
    index: Option<Partial>,
}

/// A file that is not whole yet; removed in the end if it has not taken its place.
struct Partial {
    path: PathBuf,
    target: Target,
    is_pending: bool,
    process: Process,
}

impl Replacement {
    /// Opens files beside the ones that they are to replace.
    pub(crate) fn open(
        path: &Path,
        index_path: Option<&Path>,
        mode: Mode,
    ) -> BindingResult<(Self, Output, Option<Output>)> {
        let is_exclusive = mode == Mode::Refuse;
        let mut target = Target::new(path, is_exclusive)?;
        let mut index_target =
            index_path.map(|path| Target::new(path, is_exclusive)).transpose()?;
        if let Some(index_target) = &index_target {
            target.check_apart(index_target)?;
        }
        target.lock()?;
        index_target.as_mut().map_or(Ok(()), Target::lock)?;
        let (partial, index_partial) =
            (target.partial(), index_target.as_ref().map(Target::partial));
        clear_links(&target, index_target.as_ref());
        let opened = open_both(&partial, index_partial.as_deref(), Mode::Anew)
            .and_then(|(file, index)| Ok((file.into_output()?, index.map(Created::into_output))));
        let named = |error| {
            let error = target.named(error);
            index_target.iter().fold(error, |error, target| target.named(error))
        };
        let (file, index) = opened.map_err(named)?;
        let index = index.transpose()?;
        target.lend_permissions(&file);
        if let (Some(target), Some(index)) = (&index_target, &index) {
            target.lend_permissions(index);
        }
        let records = Partial::new(partial, target);
        let index_part = index_partial.zip(index_target);
        let index_part = index_part.map(|(path, target)| Partial::new(path, target));
        Ok((Self { records, index: index_part }, file, index))
    }

    /// Puts whole files in their places: at no time is there an index beside the records of another,
    /// after a loss of power neither: each step is on the disk before the next one.
    ///
    /// Files that cannot be put there stay where they are, under their own names.
    pub(crate) fn commit(mut self) -> BindingResult<()> {
        let parts = [Some(&mut self.records), self.index.as_mut()];
        for part in parts.into_iter().flatten() {
            part.is_pending = false;
        }
        self.records.target.check()?;
        if let Some(index) = &mut self.index {
            index.target.check()?;
        }
        if let Some(Partial { target, .. }) = &self.index
            && !target.is_exclusive
            && target.clear()?
        {
            target.sync_name()?;
        }
        self.records.publish()?;
        self.index.as_ref().map_or(Ok(()), Partial::publish)
    }

    /// Returns the numbers of the files that are to be replaced.
    pub(crate) fn identities(&self) -> impl Iterator<Item = Identity> {
        let parts = [Some(&self.records), self.index.as_ref()];
        parts.into_iter().flatten().filter_map(|part| part.target.identity())
    }
}

/// Removes other names of the files that are to be replaced, where their partial files belong: who
/// was killed between giving a file its name and taking its old one away has left them.
fn clear_links(target: &Target, index_target: Option<&Target>) {
    let targets = || [Some(target), index_target].into_iter().flatten();
    for partial in targets().map(Target::partial) {
        let identity = identity_at(&partial);
        if identity.is_some() && targets().any(|target| target.identity() == identity) {
            let _ = fs::remove_file(partial); // or else it is locked
        }
    }
}

impl Partial {
    fn new(path: PathBuf, target: Target) -> Self {
        Self { path, target, is_pending: true, process: Process::current() }
    }

    /// Gives the file its name, and comes back when that is on the disk.
    fn publish(&self) -> BindingResult<()> {
        let Target { path, is_exclusive, .. } = &self.target;
        let published = if *is_exclusive {
            publish_new(&self.path, path)
        } else {
            fs::rename(&self.path, path)
        };
        published.map_err(|error| self.target.failed(error))?;
        self.target.sync_name()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.is_pending && self.process.is_this() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Gives a file its name, if that is free.
fn publish_new(partial: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(partial, target) {
        Ok(()) => fs::remove_file(partial),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // A file system without links, which cannot promise more.
        Err(_) if !target.exists() => fs::rename(partial, target),
        Err(_) => Err(os_error::exists()),
    }
}
