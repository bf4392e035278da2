//! Clocks, chance and waiting on tape: what else a guest can learn from outside.
//!
//! A replay waits for nothing: timers are ready at once, and of what a guest waits for, that is ready which was when it was
//! recorded.

use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::WasiView as _;
use wasmtime_wasi::clocks::WasiClocksView as _;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::io::poll;
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};
use wasmtime_wasi::random::WasiRandomCtx;

use super::{HasTaped, Taped};
use crate::capability::{Capabilities, RANDOM_BYTES_MAX};
use crate::recording::played::Waited;
use crate::recording::tape::Stop;
use crate::recording::transcript::Content;

/// Links these in the place of those that were linked.
pub(super) fn link(linker: &mut Linker<Capabilities>) -> wasmtime::Result<()> {
    fn taped(capabilities: &mut Capabilities) -> Taped<'_> {
        Taped(capabilities)
    }
    wall_clock::add_to_linker::<_, HasTaped>(linker, taped)?;
    monotonic_clock::add_to_linker::<_, HasTaped>(linker, taped)?;
    random::add_to_linker::<_, HasTaped>(linker, taped)?;
    insecure::add_to_linker::<_, HasTaped>(linker, taped)?;
    insecure_seed::add_to_linker::<_, HasTaped>(linker, taped)?;
    poll::add_to_linker::<_, HasTaped>(linker, taped)
}

impl wall_clock::Host for Taped<'_> {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let tape = self.0.tape.clone();
        let Some(mut reel) = tape.reel() else {
            return wall_clock::Host::now(&mut self.0.clocks());
        };
        let now = match &mut reel.played {
            Some(played) => {
                let (seconds, nanoseconds) = played.wall_clock();
                wall_clock::Datetime { seconds, nanoseconds }
            }
            None => wall_clock::Host::now(&mut self.0.clocks())?,
        };
        if reel.take(size_of::<wall_clock::Datetime>()) {
            reel.section().wall_clock.push((now.seconds, now.nanoseconds));
        }
        Ok(now)
    }

    /// The same on every machine, as a recording may come from another.
    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1 })
    }
}

impl monotonic_clock::Host for Taped<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        let tape = self.0.tape.clone();
        let Some(mut reel) = tape.reel() else {
            return monotonic_clock::Host::now(&mut self.0.clocks());
        };
        let now = match &mut reel.played {
            Some(played) => played.monotonic_clock(),
            None => monotonic_clock::Host::now(&mut self.0.clocks())?,
        };
        if reel.take(size_of::<u64>()) {
            reel.section().monotonic_clock.push(now);
        }
        Ok(now)
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        if self.0.tape.is_replaying() {
            return self.ready_at_once(0);
        }
        monotonic_clock::Host::subscribe_instant(&mut self.0.clocks(), when)
    }

    fn subscribe_duration(&mut self, nanos: u64) -> wasmtime::Result<Resource<DynPollable>> {
        if self.0.tape.is_replaying() {
            return self.ready_at_once(nanos);
        }
        monotonic_clock::Host::subscribe_duration(&mut self.0.clocks(), nanos)
    }
}

impl Taped<'_> {
    fn ready_at_once(&mut self, nanos: u64) -> wasmtime::Result<Resource<DynPollable>> {
        if let Some(mut reel) = self.0.tape.reel()
            && let Some(played) = &mut reel.played
        {
            played.pass(nanos);
        }
        monotonic_clock::Host::subscribe_duration(&mut self.0.clocks(), 0)
    }

    /// So many random bytes, drawn by `draw` if they are not replayed.
    fn random(
        &mut self,
        length: usize,
        draw: impl FnOnce(&mut WasiRandomCtx) -> wasmtime::Result<Vec<u8>>,
    ) -> wasmtime::Result<Vec<u8>> {
        let tape = self.0.tape.clone();
        let Some(mut reel) = tape.reel() else { return draw(self.0.ctx().ctx.random()) };
        let bytes = match &mut reel.played {
            Some(played) => played.random(length),
            None => draw(self.0.ctx().ctx.random())?,
        };
        if reel.take(2 * length) {
            reel.section().random.push(Content(bytes.clone()));
        }
        Ok(bytes)
    }

    fn random_u64(
        &mut self,
        draw: impl FnOnce(&mut WasiRandomCtx) -> wasmtime::Result<u64>,
    ) -> wasmtime::Result<u64> {
        let bytes = self.random(8, |random| Ok(draw(random)?.to_le_bytes().to_vec()))?;
        Ok(u64::from_le_bytes(bytes.try_into().expect("eight were drawn")))
    }
}

/// A replay must not be made to hold what a call could not.
fn length(bytes: u64) -> wasmtime::Result<usize> {
    match usize::try_from(bytes) {
        Ok(length) if bytes <= RANDOM_BYTES_MAX => Ok(length),
        _ => wasmtime::bail!("{bytes} random bytes are more than {RANDOM_BYTES_MAX}"),
    }
}

impl random::Host for Taped<'_> {
    fn get_random_bytes(&mut self, bytes: u64) -> wasmtime::Result<Vec<u8>> {
        self.random(length(bytes)?, |random| random::Host::get_random_bytes(random, bytes))
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        self.random_u64(random::Host::get_random_u64)
    }
}

impl insecure::Host for Taped<'_> {
    fn get_insecure_random_bytes(&mut self, bytes: u64) -> wasmtime::Result<Vec<u8>> {
        let draw = |random: &mut _| insecure::Host::get_insecure_random_bytes(random, bytes);
        self.random(length(bytes)?, draw)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        self.random_u64(insecure::Host::get_insecure_random_u64)
    }
}

impl insecure_seed::Host for Taped<'_> {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        let bytes = self.random(16, |random| {
            let (low, high) = insecure_seed::Host::insecure_seed(random)?;
            Ok([low.to_le_bytes(), high.to_le_bytes()].concat())
        })?;
        let half = |at: usize| {
            u64::from_le_bytes(bytes[at..at + 8].try_into().expect("sixteen were drawn"))
        };
        Ok((half(0), half(8)))
    }
}

impl Taped<'_> {
    /// A wait begins. In a replay, what it found when it was recorded.
    fn wait(&mut self) -> wasmtime::Result<(Option<usize>, Option<Vec<u32>>)> {
        let Some(mut reel) = self.0.tape.reel() else { return Ok((None, None)) };
        let found = match reel.played.as_mut().map_or(Waited::Unknown, |played| played.waited()) {
            Waited::Found(found) => Some(found),
            Waited::Cut => return Err(Stop::Cut.into()),
            Waited::Unknown => None,
        };
        if !reel.take(size_of::<u64>()) {
            return Ok((None, found));
        }
        let waits = &mut reel.section().waits;
        waits.push(None);
        Ok((Some(waits.len() - 1), found))
    }

    fn waited(&mut self, wait: Option<usize>, found: &[u32]) {
        if let (Some(mut reel), Some(wait)) = (self.0.tape.reel(), wait)
            && let Some(written) = reel.section().waits.get_mut(wait)
        {
            *written = Some(found.to_vec());
        }
    }
}

impl poll::Host for Taped<'_> {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        let (wait, recorded) = self.wait()?;
        let at = |index: &u32| pollables.get(*index as usize).map(Resource::rep);
        let recorded = recorded.filter(|found| !found.is_empty());
        let ready =
            recorded.as_ref().and_then(|found| found.iter().map(at).collect::<Option<Vec<u32>>>());
        let found = match (recorded, ready) {
            (Some(found), Some(ready)) => {
                for index in ready {
                    let pollable = Resource::new_borrow(index);
                    poll::HostPollable::block(self.0.ctx().table, pollable).await?;
                }
                found
            }
            _ => poll::Host::poll(self.0.ctx().table, pollables).await?,
        };
        self.waited(wait, &found);
        Ok(found)
    }
}

impl poll::HostPollable for Taped<'_> {
    async fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        let (wait, recorded) = self.wait()?;
        let is_ready = match recorded.as_deref() {
            Some([]) => false,
            Some([0]) => {
                poll::HostPollable::block(self.0.ctx().table, pollable).await?;
                true
            }
            _ => poll::HostPollable::ready(self.0.ctx().table, pollable).await?,
        };
        self.waited(wait, if is_ready { &[0] } else { &[] });
        Ok(is_ready)
    }

    async fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        let (wait, _) = self.wait()?;
        poll::HostPollable::block(self.0.ctx().table, pollable).await?;
        self.waited(wait, &[0]);
        Ok(())
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        poll::HostPollable::drop(self.0.ctx().table, pollable)
    }
}
