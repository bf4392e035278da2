//! `wasi:config/store`: the settings that the operator wrote for this plugin.

use super::Capabilities;
use crate::bindings::wasi::config::store::{Error, Host};

impl Host for Capabilities {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, Error>> {
        self.count_call()?;
        Ok(Ok(self.setup.settings.get(&key).cloned()))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, Error>> {
        self.count_call()?;
        Ok(Ok(self.setup.settings.clone().into_iter().collect()))
    }
}
