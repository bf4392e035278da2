//! What is quick stays where it is; what is not goes to the background, and comes back when it is quick again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Pace;

/// Computes for so many times ten milliseconds, with a pause after each, as a guest that spins does; the thread that it ended on.
async fn compute(times: u32) -> String {
    for _ in 0..times {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(10) {
            std::hint::spin_loop();
        }
        tokio::task::yield_now().await;
    }
    thread::current().name().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn only_what_takes_long_goes_to_the_background_and_it_comes_back() {
    let (pace, here) = (Pace::default(), thread::current().name().unwrap_or_default().to_owned());
    assert_eq!(pace.run(compute(0)).await, here);
    assert_eq!(pace.run(compute(2)).await, here, "a busy machine is not its fault");
    assert_eq!(pace.run(compute(8)).await, "background");
    // What was slow begins there, and has to be quick once to come back.
    assert_eq!(pace.run(compute(1)).await, "background");
    assert_eq!(pace.run(compute(0)).await, "background");
    assert_eq!(pace.run(compute(0)).await, here);
}

#[tokio::test]
async fn what_is_started_and_waited_for_there_is_the_hosts() {
    let pace = Pace::default();
    pace.run(compute(8)).await;
    let host = tokio::runtime::Handle::current().id();
    let started = pace.run(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tokio::spawn(async { tokio::runtime::Handle::current().id() }).await.unwrap()
    });
    assert_eq!(started.await, host);
}

/// Counts those that are there.
struct Here(Arc<AtomicUsize>);

impl Drop for Here {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn what_is_dropped_ends_in_the_background_too() {
    let (pace, count) = (Pace::default(), Arc::new(AtomicUsize::new(1)));
    let here = Here(count.clone());
    let endless = pace.run(async move {
        let _here = here;
        compute(u32::MAX).await
    });
    tokio::time::timeout(Duration::from_millis(200), endless).await.unwrap_err();
    while count.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
#[should_panic(expected = "a fault of the host")]
async fn a_panic_comes_back() {
    let pace = Pace::default();
    pace.run(compute(8)).await;
    pace.run(async { panic!("a fault of the host") }).await
}
