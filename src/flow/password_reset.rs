//! The whole way from "forgot password" to a new one, as one object that steps through it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::poll::Pauses;
use super::proof::{Change, is_lost, is_pending, proof, unknown_outcome, unsupported};
use super::reset_state::{ResetState, Stage};
use super::web::{is_unrecognized, oauth_metadata, web_required};
use crate::api::{Outcome, Repeat, Request, Status, submit_token, table};
use crate::engine::{Call, pause};
use crate::secret::SecretString;

/// A reset and whether one of its steps is running.
pub struct PasswordReset {
    inner: Mutex<Inner>,
    /// The state's stage, readable without the lock: in a forked child it may be held for ever.
    stage: AtomicU8,
}

struct Inner {
    state: ResetState,
    running: bool,
}

/// Why a step cannot be taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfTurn {
    Running,
    NotSent,
    NoSubmitUrl,
    Done,
}

/// The right to take a step; dropping it lets the next one begin.
pub struct Step {
    reset: Arc<PasswordReset>,
}

impl PasswordReset {
    pub fn new(state: ResetState) -> Arc<Self> {
        let stage = AtomicU8::new(state.stage as u8);
        Arc::new(Self { inner: Mutex::new(Inner { state, running: false }), stage })
    }

    pub fn stage(&self) -> Stage {
        Stage::ALL[usize::from(self.stage.load(Ordering::Acquire))]
    }

    pub fn save(&self) -> Outcome {
        self.lock().state.save()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Begins a step if it is its turn: one at a time, and in order.
    fn begin(
        self: &Arc<Self>,
        allowed: impl FnOnce(&ResetState) -> Result<(), OutOfTurn>,
    ) -> Result<Step, OutOfTurn> {
        let mut inner = self.lock();
        if inner.running {
            return Err(OutOfTurn::Running);
        }
        if inner.state.stage == Stage::Done {
            return Err(OutOfTurn::Done);
        }
        allowed(&inner.state)?;
        inner.running = true;
        Ok(Step { reset: Arc::clone(self) })
    }

    pub fn begin_send(self: &Arc<Self>) -> Result<Step, OutOfTurn> {
        self.begin(|_| Ok(()))
    }

    pub fn begin_submit_token(self: &Arc<Self>) -> Result<Step, OutOfTurn> {
        self.begin(|state| state.submit_url.as_ref().map(drop).ok_or(OutOfTurn::NoSubmitUrl))
    }

    pub fn begin_finish(self: &Arc<Self>) -> Result<Step, OutOfTurn> {
        self.begin(|state| state.sid.as_ref().map(drop).ok_or(OutOfTurn::NotSent))
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.reset.lock().running = false;
    }
}

impl Step {
    fn state(&self) -> ResetState {
        self.reset.lock().state.clone()
    }

    fn change(&self, change: impl FnOnce(&mut ResetState)) {
        let mut inner = self.reset.lock();
        change(&mut inner.state);
        self.reset.stage.store(inner.state.stage as u8, Ordering::Release);
    }

    /// Asks for the mail, or for another one.
    pub async fn send(self, mut call: Call) -> Outcome {
        call.forget_token();
        let state = self.state();
        if state.sid.is_none() {
            // Where accounts live on the web, a form for an address would lead nowhere. A server
            // that cannot say so now is asked for the mail all the same.
            if let Ok(Some(metadata)) = oauth_metadata(&call, None).await {
                return web_required(metadata);
            }
        }
        let request = Request::new(&table::REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL)
            .with("client_secret", Some(state.client_secret.as_str()))
            .with("email", Some(state.email.as_str()))
            .with("send_attempt", Some(state.send_attempt))
            .with("next_link", state.next_link.as_deref());
        let answer = call.run(request.prepare()).await;
        if is_unrecognized(&answer) {
            return unsupported(&call, answer).await;
        }
        if let (Status::Ok, Some(sid)) = (answer.status, answer.text("/sid")) {
            let submit_url = answer.text("/submit_url").filter(|url| !url.is_empty());
            let submit_url = submit_url.map(str::to_owned);
            self.change(|state| {
                state.count_attempt();
                let same = state.sid.as_deref() == Some(sid);
                state.stage = match (&submit_url, state.stage) {
                    (_, Stage::Confirmed) if same => Stage::Confirmed,
                    (Some(_), _) => Stage::AwaitsToken,
                    (None, _) => Stage::AwaitsLink,
                };
                // A new session at the server is a new proof: what is in doubt belongs to the old.
                state.in_doubt &= same;
                state.sid = Some(sid.to_owned());
                state.submit_url = submit_url;
            });
        }
        answer
    }

    /// Hands the token of the mail to the submit_url.
    pub async fn submit_token(self, call: Call, token: SecretString) -> Outcome {
        let state = self.state();
        let submit_url = state.submit_url.as_deref().unwrap_or_default();
        let request = submit_token::prepare(submit_url, call.base(), |request| {
            request
                .with("sid", state.sid.as_deref())
                .with("client_secret", Some(state.client_secret.as_str()))
                .with("token", Some(token.as_str()))
        });
        let answer = call.run(request).await;
        let answer = submit_token::judge(answer);
        if answer.status == Status::Ok {
            self.change(|state| state.stage = Stage::Confirmed);
        }
        answer
    }

    /// Changes the password, polling for up to `wait` while the mail is not confirmed.
    pub async fn finish(self, mut call: Call, change: Change, wait: Duration) -> Outcome {
        call.forget_token();
        let started = Instant::now();
        let mut pauses = Pauses::default();
        let mut sessions = Sessions::Possible;
        loop {
            let outcome = self.try_to_finish(&call, &change, &mut sessions).await;
            let left = wait.saturating_sub(started.elapsed());
            match pauses.next_within(left) {
                Some(next) if outcome.status == Status::Pending => pause(next).await,
                _ => return outcome,
            }
            call.renew_deadline();
        }
    }

    /// One try: a session of user-interactive authentication first, then session and proof.
    async fn try_to_finish(
        &self,
        call: &Call,
        change: &Change,
        sessions: &mut Sessions,
    ) -> Outcome {
        let mut known = self.state().session.is_some();
        loop {
            if self.state().session.is_none() && *sessions == Sessions::Possible {
                if let Err(outcome) = self.open_session(call, change, sessions).await {
                    return outcome;
                }
            }
            let answer = self.send_proof(call, change, known).await;
            let refused = matches!(answer.http_status, 400 | 403)
                && answer.errcode.as_deref() == Some("M_UNKNOWN");
            if !(refused && known) {
                return answer;
            }
            // The server has forgotten the session, or will not have it for this: once, a new one.
            self.change(|state| state.session = None);
            known = false;
        }
    }

    /// Asks without proof, which changes nothing and so may be repeated, and keeps the session that
    /// comes. Not every server gives one.
    async fn open_session(
        &self,
        call: &Call,
        change: &Change,
        sessions: &mut Sessions,
    ) -> Result<(), Outcome> {
        let answer = call.run(change.request(None, Repeat::Harmless)).await;
        if is_unrecognized(&answer) {
            return Err(unsupported(call, answer).await);
        }
        if answer.status == Status::Ok {
            let message = "changePassword: the server says yes to a request without any proof";
            return Err(answer.judged(Status::BadResponse, message));
        }
        if answer.http_status != 401 {
            return Err(answer);
        }
        match answer.text("/session") {
            Some(session) => self.change(|state| state.session = Some(session.into())),
            None => *sessions = Sessions::None,
        }
        Ok(())
    }

    /// Sends the proof. With a session it may be repeated, for the server keeps what became of it.
    /// `known`: the session is one that was sent before.
    async fn send_proof(&self, call: &Call, change: &Change, known: bool) -> Outcome {
        let before = self.state();
        // Whoever saves the reset while the request is on its way saves the doubt, too.
        self.change(|state| state.in_doubt = true);
        let repeat = if before.session.is_some() { Repeat::Harmless } else { Repeat::Unsafe };
        let answer = call.run(change.request(Some(proof(&before)), repeat)).await;
        if is_lost(&answer) {
            return unknown_outcome(answer);
        }
        let pending = is_pending(&answer);
        let session = answer.text("/session").map(SecretString::from);
        // Only a session that was there before tells an unconfirmed proof from one used up.
        let same_session =
            known && session.as_ref().is_none_or(|now| Some(now) == before.session.as_ref());
        if pending && before.in_doubt && !same_session {
            return unknown_outcome(answer);
        }
        let done = answer.status == Status::Ok;
        self.change(|state| {
            state.in_doubt = before.in_doubt && !done && !pending;
            if done {
                state.stage = Stage::Done;
            } else if pending && session.is_some() {
                state.session = session;
            }
        });
        if pending {
            let message = format!("not confirmed yet: {}", answer.message);
            return answer.judged(Status::Pending, message);
        }
        answer
    }
}

/// Whether the server gives sessions of user-interactive authentication.
#[derive(PartialEq, Eq)]
enum Sessions {
    Possible,
    None,
}
