//! `cuebox:script/source`: the file that an interpreter runs.

use super::Capabilities;
use crate::bindings::script::cuebox::script::source::Host;

impl Host for Capabilities {
    fn name(&mut self) -> wasmtime::Result<String> {
        self.count_call()?;
        Ok(self.setup.name.to_string())
    }

    fn text(&mut self) -> wasmtime::Result<String> {
        self.count_call()?;
        Ok(self.script.as_deref().unwrap_or_default().to_owned())
    }
}
