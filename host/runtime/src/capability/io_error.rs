//! `wasi:io/error`: a stream that failed says why, and nothing of this host. The library's own answer is for developers of hosts, and can
//! hold a trace of the host's stack.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::IoError;

use super::Capabilities;

/// The interface, as the library links it.
const ERROR: &str = "wasi:io/error@0.2.12";

/// Links it in place of the library's.
pub(super) fn link(linker: &mut Linker<Capabilities>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let linked = linker.instance(ERROR)?.func_wrap("[method]error.to-debug-string", said);
    linker.allow_shadowing(false);
    linked
}

fn said(
    mut store: StoreContextMut<'_, Capabilities>,
    (error,): (Resource<IoError>,),
) -> wasmtime::Result<(String,)> {
    Ok((store.data_mut().table.get(&error)?.to_string(),))
}
