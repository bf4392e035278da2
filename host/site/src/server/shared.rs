//! What the handlers of requests, the crew's worker and the site's owner share: the model under its lock, the faults, the
//! counters, the clock and the file.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Map, Value};

use super::counters::Counters;
use super::player::Playing;
use super::storage::Folder;
use super::upload::Direct;
use super::written::Writes;
use crate::clock::{Clock, ClockError, ClockOrder, Tick, Timepiece};
use crate::faults::{FaultOrder, FaultOrderError, Faults, Rule, RuleError, Strike, Target};
use crate::model::Now;
use crate::recording::{Recording, RecordingError};
use crate::script::{Act, Asked, Asker};
use crate::stage::{CommitOrder, Question, SessionOrder, Stage, takes_ids, writes};
use crate::wire::{Answer, ApiError, ErrorCode, Request};

/// A site behind its server.
#[derive(Debug)]
pub(super) struct Shared {
    /// Requests that only look share it.
    stage: RwLock<Stage>,
    faults: Mutex<Faults>,
    counters: Mutex<Counters>,
    clock: Mutex<Timepiece>,
    /// Locked before the stage.
    playing: Mutex<Option<Playing>>,
    /// Locked only by who holds the stage, so that lines are in the order of what they record.
    recording: Option<Mutex<Recording>>,
    /// Before the folder, so that what is in it goes first.
    direct: Direct,
    folder: Folder,
    writes: Mutex<Writes>,
    started: Instant,
}

impl Shared {
    pub(super) fn new(
        stage: Stage,
        faults: Faults,
        clock: Clock,
        recording: Option<Recording>,
        folder: Folder,
    ) -> Self {
        Self {
            stage: RwLock::new(stage),
            faults: Mutex::new(faults),
            counters: Mutex::default(),
            playing: Mutex::default(),
            clock: Mutex::new(Timepiece::new(clock, Duration::ZERO)),
            recording: recording.map(Mutex::new),
            direct: Direct::default(),
            folder,
            writes: Mutex::default(),
            started: Instant::now(),
        }
    }

    /// Answers a request and records it if it can have written.
    pub(super) fn answer(&self, request: &Request) -> Result<Answer, ApiError> {
        self.ask(&Question { by: &Asker::Proven, request, late_by: None }, None)
    }

    /// The same, but the events show `by` later.
    pub(super) fn answer_late(&self, request: &Request, by: Duration) -> Result<Answer, ApiError> {
        self.ask(&Question { by: &Asker::Proven, request, late_by: Some(by) }, None)
    }

    /// Answers a question, as if it had been asked `at` a moment that may be over, and records it if it can have written.
    pub(super) fn ask(&self, question: &Question<'_>, at: Option<Now>) -> Result<Answer, ApiError> {
        let request = question.request;
        if *question.by == Asker::Proven
            && let Some(answer) = self.look(request)
        {
            return answer;
        }
        let mut stage = self.stage();
        let now = at.unwrap_or_else(|| self.now());
        let is_recorded = self.recording.is_some();
        let who = is_recorded.then(|| stage.who(question)).flatten();
        let before = stage.model.next_event_id();
        let answer = stage.ask(question, now);
        let told = stage.model.next_event_id() > before;
        if let Ok(answer) = &answer
            && writes(request)
        {
            let mut watched = self.writes();
            if watched.are_watched() {
                watched.add(caller(request), request, answer.results());
            }
        }
        let act = || match &answer {
            Err(error) if error.code.is_about_the_caller() => {
                Some(Act::FailedLogin(login(request)?.to_owned()))
            }
            _ => Some(Act::Request(Asked {
                by: who.map_or(Asker::Proven, Asker::Known),
                request: stage.model.without_secrets(request),
                late_by_ms: question
                    .late_by
                    .map_or(0, |by| u64::try_from(by.as_millis()).unwrap_or(u64::MAX)),
            })),
        };
        if is_recorded
            && can_have_written(request, &answer, told)
            && let Some(act) = act()
        {
            self.record(&stage, now, act).map_err(|error| {
                // The write stands, as with a site whose disk is full; its caller must not believe that it is kept.
                ApiError::new(
                    ErrorCode::Internal,
                    format!("API {}() was not recorded: {error}", request.method_name),
                )
            })?;
        }
        answer
    }

    fn look(&self, request: &Request) -> Option<Result<Answer, ApiError>> {
        let stage = self.stage.read().unwrap_or_else(PoisonError::into_inner);
        stage.model.look(request, self.now())
    }

    /// Follows an order about transactions and records it.
    pub(super) fn order(&self, order: &CommitOrder) {
        let mut stage = self.stage();
        let now = self.now();
        stage.order(order, now);
        // A recording that cannot be written refuses the next request; an order has nobody to tell.
        self.record(&stage, now, Act::Commits(order.clone())).ok();
    }

    /// Changes the site's settings by key and records it.
    pub(super) fn choose(&self, changes: &Map<String, Value>) -> Result<(), ApiError> {
        let mut stage = self.stage();
        let now = self.now();
        stage.choose(changes)?;
        // As with orders, the next request is refused if this could not be recorded.
        self.record(&stage, now, Act::Settings(changes.clone())).ok();
        Ok(())
    }

    /// Writes into the event log that somebody could not log in, and records it.
    pub(super) fn fail_login(&self, login: &str) {
        let mut stage = self.stage();
        let now = self.now();
        stage.model.fail_login(login, now);
        self.record(&stage, now, Act::FailedLogin(login.to_owned())).ok();
    }

    /// Follows an order about sessions and says how many ended by it. A recording knows no sessions, but who logged out.
    pub(super) fn order_sessions(&self, order: &SessionOrder) -> usize {
        let mut stage = self.stage();
        let now = self.now();
        let ended = stage.order_sessions(order, now);
        if matches!(order, SessionOrder::LogOut(_)) {
            self.record(&stage, now, Act::Sessions(order.clone())).ok();
        }
        ended
    }

    fn record(&self, stage: &Stage, now: Now, act: Act) -> Result<(), RecordingError> {
        match &self.recording {
            Some(recording) => lock(recording).append(act, now, stage),
            None => Ok(()),
        }
    }

    /// Lets another site use the file.
    pub(super) fn release_recording(&self) {
        if let Some(recording) = &self.recording {
            lock(recording).release();
        }
    }

    /// Decides whether the site misbehaves at this request.
    pub(super) fn strike(&self, request: &Request) -> Option<Strike> {
        let mut faults = self.faults();
        if faults.active().is_empty() {
            return None;
        }
        let target = Target {
            method: &request.method_name,
            entity_types: &entity_types(request),
            caller: caller(request),
        };
        faults.strike(target, self.started.elapsed())
    }

    /// Decides whether the site closes a connection that was just made.
    pub(super) fn strike_connection(&self) -> bool {
        self.faults().strike_connection(self.started.elapsed())
    }

    pub(super) fn add_fault(&self, rule: Rule) -> Result<(), RuleError> {
        self.faults().add(rule, self.started.elapsed())
    }

    pub(super) fn order_faults(&self, order: FaultOrder) -> Result<(), FaultOrderError> {
        self.faults().follow(order, self.started.elapsed())
    }

    /// How long the site has been running, by the time of day.
    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn now(&self) -> Now {
        lock(&self.clock).now(self.tick())
    }

    pub(super) fn clock(&self) -> (Clock, Now) {
        let clock = lock(&self.clock);
        (clock.clock(), clock.now(self.tick()))
    }

    pub(super) fn set_clock(&self, clock: Clock) {
        lock(&self.clock).set(clock, self.tick());
        self.play_due();
    }

    /// Moves a clock that is not the time of day to `now`, if that is later.
    pub(super) fn move_time(&self, now: Now) {
        lock(&self.clock).move_to(now, self.tick());
    }

    pub(super) fn advance(&self, duration: Duration) {
        let tick = self.tick();
        let mut clock = lock(&self.clock);
        let later = clock.now(tick).plus(duration);
        clock.move_to(later, tick);
        drop(clock);
        self.play_due();
    }

    /// Follows an order about the clock, and does what falls due by it.
    pub(super) fn order_clock(&self, order: &ClockOrder) -> Result<(), ClockError> {
        self.follow_clock(order)?;
        self.play_due();
        Ok(())
    }

    /// Follows an order about the clock.
    pub(super) fn follow_clock(&self, order: &ClockOrder) -> Result<(), ClockError> {
        lock(&self.clock).follow(order, self.tick())
    }

    pub(super) fn playing(&self) -> MutexGuard<'_, Option<Playing>> {
        lock(&self.playing)
    }

    fn tick(&self) -> Tick {
        Tick { wall: wall(), elapsed: self.started.elapsed() }
    }

    pub(super) fn stage(&self) -> RwLockWriteGuard<'_, Stage> {
        self.stage.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stage for looking only, beside others who look.
    pub(super) fn viewed(&self) -> RwLockReadGuard<'_, Stage> {
        self.stage.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the bytes of uploaded files are.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Uploads that do not come as forms.
    pub(super) fn direct(&self) -> &Direct {
        &self.direct
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    /// What was written, where somebody watches.
    pub(super) fn writes(&self) -> MutexGuard<'_, Writes> {
        lock(&self.writes)
    }

    pub(super) fn counters(&self) -> MutexGuard<'_, Counters> {
        lock(&self.counters)
    }
}

/// A panic while the lock was held failed one request; the site serves on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a request must be done again to come to the same site. A refused write may have taken ids, and chance; a refused
/// caller changes nothing, but an attempt to log in is in the event log, as a login is.
fn can_have_written(request: &Request, answer: &Result<Answer, ApiError>, told: bool) -> bool {
    match answer {
        Err(error) if error.code.is_about_the_caller() => told,
        Err(_) => told || takes_ids(request),
        Ok(_) if request.method_name == "get_session_token" => told,
        Ok(_) => writes(request),
    }
}

/// What somebody tried to log in as.
fn login(request: &Request) -> Option<&str> {
    request.params.first()?["user_login"].as_str()
}

/// The entity types that a request names, those within a batch too.
fn entity_types(request: &Request) -> Vec<&str> {
    match request.params.get(1) {
        Some(Value::Array(requests)) => {
            requests.iter().filter_map(|request| request["type"].as_str()).collect()
        }
        Some(parameters) => parameters["type"].as_str().into_iter().collect(),
        None => Vec::new(),
    }
}

/// The script or login that a request names; the token of a session.
fn caller(request: &Request) -> &str {
    let credentials = request.params.first().unwrap_or(&Value::Null);
    ["script_name", "user_login", "session_token"]
        .into_iter()
        .find_map(|key| credentials[key].as_str())
        .unwrap_or_default()
}

/// The time of day.
pub(super) fn wall() -> Now {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Now(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
