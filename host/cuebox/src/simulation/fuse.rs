//! The moment at which a process dies: after so many steps, whatever it is at.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Burns down by one with every step of a process, which dies at its end. Cheap to clone.
#[derive(Clone, Default)]
pub struct Fuse {
    state: Arc<Mutex<State>>,
    burnt: Arc<Notify>,
}

#[derive(Default)]
struct State {
    /// None for a process that lives on.
    left: Option<u64>,
    is_burnt: bool,
}

impl Fuse {
    /// One of so many steps; none for without an end.
    pub fn new(steps: Option<u64>) -> Self {
        let state = State { left: steps, is_burnt: false };
        Self { state: Arc::new(Mutex::new(state)), burnt: Arc::default() }
    }

    /// One step. Never returns in a process that is dead.
    pub async fn step(&self) {
        if self.burn() {
            self.burnt.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn burn(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut state.left {
            Some(0) => state.is_burnt = true,
            Some(left) => *left -= 1,
            None => {}
        }
        state.is_burnt
    }

    /// Returns when the process dies.
    pub async fn burnt(&self) {
        self.burnt.notified().await;
    }
}
