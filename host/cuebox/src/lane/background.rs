//! Threads of lower priority, for what takes long. A guest that computes for longer than a few ticks of the engine goes on there, and
//! the operating system lets everything else go first: guests that are quick, and all that the host does for them.
//!
//! A guest yields at every tick, and until then it has its thread. Where as many of them spin as there are cores, a quick one would wait
//! for a tick, or for what the operating system makes of it.

use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinSet;

/// About as long as a guest is let run at once: one that waits for something stops earlier.
const LONG: Duration = Duration::from_millis(1);

/// How often a call has run for that long when it goes on in the background. A busy machine makes quick calls look so, but seldom
/// one of them three times.
const LONG_MAX: u32 = 3;

/// How much nicer those threads are than the others: they get a tenth of a core that somebody else wants, too.
const NICENESS: i32 = 10;

/// Where the calls of one plugin are made.
#[derive(Debug, Default)]
pub struct Pace {
    /// The last call took long. The next one begins in the background.
    is_slow: AtomicBool,
}

/// What is being done, and how often it has run for long.
struct Timed<T> {
    doing: Pin<Box<dyn Future<Output = T> + Send>>,
    /// What it starts runs there, whoever polls it: a connection to the site is used by others, too.
    host: Handle,
    long: u32,
}

impl Pace {
    /// Does something: here while it is quick, and in the background after that. It ends when this is dropped.
    pub async fn run<T: Send + 'static>(
        &self,
        doing: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let mut timed = Timed { doing: Box::pin(doing), host: Handle::current(), long: 0 };
        if !self.is_slow.load(Ordering::Relaxed) {
            let quick = std::future::poll_fn(|context| match Pin::new(&mut timed).poll(context) {
                Poll::Ready((done, _)) => Poll::Ready(Some(done)),
                Poll::Pending if timed.long >= LONG_MAX => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            });
            if let Some(done) = quick.await {
                return done;
            }
            self.is_slow.store(true, Ordering::Relaxed);
            timed.long = 0;
        }
        let (done, long) = in_background(timed).await;
        self.is_slow.store(long > 0, Ordering::Relaxed);
        done
    }
}

impl<T> Future for Timed<T> {
    type Output = (T, u32);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let host = self.host.clone();
        let _inside = host.enter();
        let begun = Instant::now();
        let polled = self.doing.as_mut().poll(context);
        if begun.elapsed() >= LONG {
            self.long += 1;
            // Where a quick one waits for this core, it comes first.
            std::thread::yield_now();
        }
        polled.map(|done| (done, self.long))
    }
}

async fn in_background<T: Send + 'static>(doing: impl Future<Output = T> + Send + 'static) -> T {
    // Dropping the set ends what is in it.
    let mut set = JoinSet::new();
    set.spawn_on(doing, threads().handle());
    match set.join_next().await.expect("there is one") {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// There from the first time that something takes long, until the process ends.
fn threads() -> &'static Runtime {
    static THREADS: OnceLock<Runtime> = OnceLock::new();
    THREADS.get_or_init(|| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut builder = Builder::new_multi_thread();
        // One that comes anew takes turns with those that spin.
        builder.worker_threads(cores).global_queue_interval(1);
        builder.thread_name("background").on_thread_start(|| {
            // On Linux a thread has a niceness of its own; elsewhere the process does, and stays as it is.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(NICENESS);
        });
        builder.build().expect("a process that cannot start a thread cannot run plugins")
    })
}

#[cfg(test)]
mod tests;
