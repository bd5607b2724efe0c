//! Whether a map in the folder is one of Bulkhead's.

use std::path::{Path, PathBuf};

use aya::maps::{MapInfo, MapType};
use probe_common::label::Lasting;

use super::PinError;

/// One of this layout: like the one in the object.
pub(super) fn map(path: &Path, wanted: Option<&aya_obj::Map>) -> Result<(), PinError> {
    let wanted = wanted.ok_or_else(|| foreign(path, "the probe has no such map".into()))?;
    let wanted = [
        wanted.map_type(),
        wanted.key_size(),
        wanted.value_size(),
        wanted.max_entries(),
        wanted.map_flags(),
    ];
    let info = info(path)?;
    let is = [
        kind(&info),
        info.key_size(),
        info.value_size(),
        info.max_entries(),
        info.map_flags(),
    ];
    if is == wanted {
        return Ok(());
    }
    let why = format!("type, key, value, entries and flags of the map are {is:?}, not {wanted:?}");
    Err(foreign(path, why))
}

/// The labels of another layout: of them the beginning is known.
pub(super) fn labels(path: &Path) -> Result<PathBuf, PinError> {
    let info = info(path)?;
    let is_label = kind(&info) == MapType::TaskStorage as u32
        && info.value_size() as usize >= size_of::<Lasting>();
    if is_label {
        Ok(path.to_owned())
    } else {
        Err(foreign(path, "there are no labels in it".into()))
    }
}

fn info(path: &Path) -> Result<MapInfo, PinError> {
    MapInfo::from_pin(path).map_err(|e| foreign(path, e.to_string()))
}

fn kind(info: &MapInfo) -> u32 {
    info.map_type().map_or(0, |kind| kind as u32)
}

fn foreign(path: &Path, why: String) -> PinError {
    PinError::Foreign {
        path: path.to_owned(),
        why,
    }
}
