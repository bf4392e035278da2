//! How a change is made at most once: what is done, in which order, around the call itself.

use super::{
    Beginning, Created, Doubt, DoubtEnding, Effect, EffectJournal, Effects, Ending, EndingKind,
    Evidence, JournalError, Recall,
};
use crate::RequestDigest;

/// A call that changes something outside the guest, and what can be asked about it.
pub trait Change: Send {
    /// Why an answer is missing.
    type Error: Send;

    /// The function of the contract.
    fn function(&self) -> &str;

    /// The entity type, or the name of a method.
    fn subject(&self) -> &str;

    /// What is asked.
    fn request(&self) -> RequestDigest;

    /// The entity types that it creates records of.
    fn creates(&self) -> Vec<String>;

    /// What an answer says was created.
    fn created(&self, answer: &str) -> Vec<Created>;

    /// How a doubt about it ends when it is made again.
    fn ending_of_repetition(&self) -> DoubtEnding;

    /// What is kept as evidence of it. `is_first`: it was not sent before, so that what is there now is what was there before it.
    fn evidence(
        &mut self,
        is_first: bool,
    ) -> impl Future<Output = Result<Evidence, Self::Error>> + Send;

    /// What is kept as evidence of its answer, as JSON text, besides the records it created.
    fn detail(&self, answer: &str) -> Option<String>;

    /// The newest record of a type; none where that may not be asked.
    fn newest(
        &mut self,
        entity_type: &str,
    ) -> impl Future<Output = Result<Option<u64>, Self::Error>> + Send;

    /// Makes the call; its answer.
    fn make(&mut self) -> impl Future<Output = Result<String, Unmade<Self::Error>>> + Send;

    /// Looks for what the call makes: its answer, if it was made. `below` tells for each entity type the newest record that
    /// is older than the call.
    fn find_made(
        &mut self,
        below: &(dyn Fn(&str) -> u64 + Sync),
    ) -> impl Future<Output = Result<Option<String>, Self::Error>> + Send;
}

/// A call without an answer.
#[derive(Debug)]
pub struct Unmade<E> {
    /// Why.
    pub error: E,
    /// It may have been made all the same.
    pub is_in_doubt: bool,
    /// What is kept as evidence of the refusal, as JSON text.
    pub detail: Option<String>,
}

/// A call that was answered, now or in an earlier attempt.
#[derive(Debug)]
pub struct Carried {
    /// The answer.
    pub answer: String,
    /// What became of a doubt about it.
    pub doubt: Option<Doubt>,
}

impl Effects {
    /// Makes a change: remembered before it goes out, with its answer after, and not made again where an earlier attempt made it.
    pub async fn carry_out<C: Change>(
        &self,
        change: &mut C,
    ) -> Result<Result<Carried, C::Error>, JournalError> {
        let journal = self.journal();
        let request = change.request();
        let (effect, doubt) = match self.recall(change.function(), change.subject(), request) {
            Recall::Answered(answer) => return Ok(Ok(Carried { answer, doubt: None })),
            Recall::New(effect) => {
                let below = match newest_records(change, &*journal).await {
                    Ok(below) => below,
                    Err(error) => return Ok(Err(error)),
                };
                let evidence = match change.evidence(true).await {
                    Ok(evidence) => evidence,
                    Err(error) => return Ok(Err(error)),
                };
                journal.begin(&effect, Beginning::New { below: &below }, &evidence).await?;
                (effect, None)
            }
            Recall::InDoubt(effect) => {
                let below = |entity_type: &str| journal.below(entity_type).unwrap_or(0);
                match change.find_made(&below).await {
                    Ok(Some(answer)) => {
                        let found = Some(doubt(change, DoubtEnding::Found));
                        let made = made(change, &answer, EndingKind::Found);
                        return answered(effect, answer, made, found, &*journal).await.map(Ok);
                    }
                    Ok(None) => {
                        let evidence = match change.evidence(false).await {
                            Ok(evidence) => evidence,
                            Err(error) => return Ok(Err(error)),
                        };
                        journal.begin(&effect, Beginning::Repeated, &evidence).await?;
                        (effect, Some(doubt(change, change.ending_of_repetition())))
                    }
                    Err(error) => return Ok(Err(error)),
                }
            }
        };
        match change.make().await {
            Ok(answer) => {
                let made = made(change, &answer, EndingKind::Answered);
                answered(effect, answer, made, doubt, &*journal).await.map(Ok)
            }
            Err(Unmade { error, is_in_doubt, detail }) => {
                journal.end(&effect, &[], &Ending::unmade(is_in_doubt, detail)).await?;
                Ok(Err(error))
            }
        }
    }
}

/// What a call has made, and what is kept as evidence of that.
fn made<C: Change>(change: &C, answer: &str, kind: EndingKind) -> (Vec<Created>, Ending) {
    let created = change.created(answer);
    let ending = Ending::made(kind, &created, change.detail(answer));
    (created, ending)
}

/// A call was made, or is known to have been made.
async fn answered(
    effect: Effect,
    answer: String,
    (created, ending): (Vec<Created>, Ending),
    doubt: Option<Doubt>,
    journal: &dyn EffectJournal,
) -> Result<Carried, JournalError> {
    let effect = Effect { answer: Some(answer.clone()), ..effect };
    journal.end(&effect, &created, &ending).await?;
    Ok(Carried { answer, doubt })
}

/// The newest records of the types that a change creates records of, where that is not known yet: what it creates is newer.
async fn newest_records<C: Change>(
    change: &mut C,
    journal: &dyn EffectJournal,
) -> Result<Vec<Created>, C::Error> {
    let mut newest: Vec<Created> = Vec::new();
    for entity_type in change.creates() {
        let is_known = journal.below(&entity_type).is_some()
            || newest.iter().any(|(known, _)| *known == entity_type);
        if !is_known && let Some(id) = change.newest(&entity_type).await? {
            newest.push((entity_type, id));
        }
    }
    Ok(newest)
}

fn doubt<C: Change>(change: &C, ending: DoubtEnding) -> Doubt {
    Doubt { function: change.function().to_owned(), subject: change.subject().to_owned(), ending }
}
