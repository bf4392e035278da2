//! `wasi:keyvalue` on tape. In a replay, a key that the guest has written has the value that it wrote, and every other the
//! recorded one.

use serde_json::{Value as Json, json};
use wasmtime::component::Resource;

use super::{Asked, Taped, not_recorded, written};
use crate::bindings::wasi::keyvalue::atomics;
use crate::bindings::wasi::keyvalue::store::{Error, Host, HostBucket, KeyResponse};
use crate::capability::keyvalue::{Bucket, add};
use crate::recording::tape::Place;
use crate::recording::transcript::Content;

type Answer<T> = wasmtime::Result<Result<T, Error>>;

/// Asks the tape about a call; makes it, if it is to be made; else says what is answered, given what was recorded.
macro_rules! taped {
    ($self:ident, $function:literal, $arguments:expr, $perform:expr, $replay:expr) => {
        match $self.asked($function, || $arguments)? {
            Asked::Perform(place) => {
                let answer = $perform.await;
                $self.answered(place, &answer);
                answer
            }
            Asked::Answered(place, answer) => {
                let answer = $replay(Some(answer));
                $self.replayed(place, answer)
            }
            Asked::Unknown(place) => {
                let answer = $replay(None);
                $self.replayed(place, answer)
            }
        }
    };
}

impl Taped<'_> {
    fn replayed<T: serde::Serialize>(&self, place: Place, answer: Result<T, Error>) -> Answer<T> {
        self.0.tape.write(Some(place), |call| call.answer = Some(written(&answer)));
        Ok(answer)
    }

    /// The value that the guest has given to a key in this replay; none inside if it took it away.
    fn own_value(&self, key: &str) -> Option<Option<Vec<u8>>> {
        self.0.tape.reel()?.played.as_ref()?.written.get(key).cloned()
    }

    /// Writes a key in a replay, unless the recorded answer refuses it.
    fn keep(
        &self,
        key: &str,
        value: Option<&[u8]>,
        recorded: Option<Result<(), Error>>,
    ) -> Result<(), Error> {
        let answer = recorded.unwrap_or(Ok(()));
        if answer.is_ok()
            && let Some(mut reel) = self.0.tape.reel()
            && let Some(played) = &mut reel.played
        {
            played.written.insert(key.to_owned(), value.map(<[u8]>::to_vec));
        }
        answer
    }
}

fn missing<T>(function: &str, key: &str) -> Result<T, Error> {
    Err(Error::Other(not_recorded(function, key)))
}

impl Host for Taped<'_> {
    /// There is one bucket, here and everywhere.
    async fn open(&mut self, identifier: String) -> Answer<Resource<Bucket>> {
        Host::open(self.0, identifier).await
    }
}

impl HostBucket for Taped<'_> {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Option<Vec<u8>>> {
        let asked =
            self.asked::<Result<Option<Content>, Error>>("key-values.get", || json!({"key": key}))?;
        let (place, recorded) = match asked {
            Asked::Perform(place) => {
                let answer = HostBucket::get(self.0, bucket, key).await?;
                self.0.tape.write(place, |call| {
                    let answer = answer.as_ref().map(|value| value.clone().map(Content));
                    call.answer = Some(written(&answer));
                });
                return Ok(answer);
            }
            Asked::Answered(place, answer) => (place, Some(answer)),
            Asked::Unknown(place) => (place, None),
        };
        let own = self.own_value(&key).map(|value| Ok(value.map(Content)));
        let answer = own.or(recorded).unwrap_or_else(|| missing("key-values.get", &key));
        let answer = self.replayed(place, answer)?;
        Ok(answer.map(|value| value.map(|value| value.0)))
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Answer<()> {
        let content = || Json::from(Content(value.clone()));
        taped!(
            self,
            "key-values.set",
            json!({"key": key, "value": content()}),
            HostBucket::set(self.0, bucket, key, value),
            |recorded| self.keep(&key, Some(&value), recorded)
        )
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<()> {
        taped!(
            self,
            "key-values.delete",
            json!({"key": key}),
            HostBucket::delete(self.0, bucket, key),
            |recorded| self.keep(&key, None, recorded)
        )
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<bool> {
        taped!(
            self,
            "key-values.exists",
            json!({"key": key}),
            HostBucket::exists(self.0, bucket, key),
            |recorded: Option<Result<bool, Error>>| {
                let own = self.own_value(&key).map(|value| Ok(value.is_some()));
                own.or(recorded).unwrap_or_else(|| missing("key-values.exists", &key))
            }
        )
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<u64>,
    ) -> Answer<KeyResponse> {
        taped!(
            self,
            "key-values.list-keys",
            json!({"cursor": cursor}),
            HostBucket::list_keys(self.0, bucket, cursor),
            |recorded: Option<Result<KeyResponse, Error>>| {
                recorded.unwrap_or_else(|| missing("key-values.list-keys", ""))
            }
        )
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        HostBucket::drop(self.0, bucket).await
    }
}

impl atomics::Host for Taped<'_> {
    async fn increment(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: u64,
    ) -> Answer<u64> {
        taped!(
            self,
            "key-values.increment",
            json!({"key": key, "delta": delta}),
            atomics::Host::increment(self.0, bucket, key, delta),
            |recorded: Option<Result<u64, Error>>| {
                let own = self.own_value(&key).map(|value| {
                    add(value.as_deref(), delta)
                        .ok_or_else(|| Error::Other("the value is not a counter".to_owned()))
                });
                let answer =
                    own.or(recorded).unwrap_or_else(|| missing("key-values.increment", &key));
                if let Ok(sum) = &answer {
                    self.keep(&key, Some(sum.to_string().as_bytes()), None)?;
                }
                answer
            }
        )
    }
}
