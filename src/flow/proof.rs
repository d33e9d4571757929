//! The last request of a reset: what it says, and what its answers mean.

use serde_json::{Value, json};

use super::reset_state::ResetState;
use super::web::{oauth_metadata, web_required};
use crate::api::{Outcome, Prepared, Repeat, Request, Status, table};
use crate::engine::Call;
use crate::json;
use crate::secret::SecretString;

/// What `finish` asks for.
pub struct Change {
    pub new_password: SecretString,
    pub logout_devices: bool,
}

impl Change {
    pub fn request(&self, auth: Option<Value>, repeat: Repeat) -> Result<Prepared, Outcome> {
        let request = Request::new(&table::CHANGE_PASSWORD)
            .with("new_password", Some(self.new_password.as_str()))
            .with("logout_devices", Some(self.logout_devices))
            .with("auth", auth);
        Ok(request.prepare()?.with_repeat(repeat))
    }
}

/// The stage of user-interactive authentication that the confirmed mail fulfils.
pub fn proof(state: &ResetState) -> Value {
    let mut auth = json!({
        "type": "m.login.email.identity",
        "threepid_creds": {"sid": state.sid, "client_secret": state.client_secret},
    });
    if let Some(session) = &state.session {
        auth["session"] = session.as_str().into();
    }
    auth
}

/// "Not confirmed yet" by errcode and shape, never by the message's text: a challenge or
/// M_UNAUTHORIZED on Synapse, M_FORBIDDEN on others.
pub fn is_pending(answer: &Outcome) -> bool {
    match (answer.http_status, answer.errcode.as_deref()) {
        (401, Some("M_UNAUTHORIZED")) | (403, Some("M_FORBIDDEN")) => true,
        (401, Some("M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN")) => false,
        (401, _) => answer.json("/flows").is_some_and(json::Value::is_array),
        _ => false,
    }
}

/// Whether the password may have been changed although no answer says so: the connection broke, the
/// time was up, or something between us and the server answered in its place.
pub fn is_lost(answer: &Outcome) -> bool {
    match answer.status {
        Status::UnknownOutcome => true,
        Status::Connect | Status::Tls | Status::Deadline => answer.maybe_carried_out,
        Status::BadResponse => !(300..500).contains(&answer.http_status),
        // Only the repeat was refused, for a reason that says nothing of the first.
        Status::Matrix => answer.maybe_carried_out && matches!(answer.http_status, 429 | 500..),
        _ => false,
    }
}

pub fn unknown_outcome(answer: Outcome) -> Outcome {
    let message = format!("the password may have been changed: {}", answer.message);
    answer.judged(Status::UnknownOutcome, message)
}

/// The server has no such endpoint: its accounts live elsewhere, on a page that it may name.
pub async fn unsupported(call: &Call, answer: Outcome) -> Outcome {
    match oauth_metadata(call, None).await {
        Ok(Some(metadata)) => web_required(metadata),
        Ok(None) | Err(_) => {
            let message = format!("this server resets no passwords for apps: {}", answer.message);
            answer.judged(Status::WebRequired, message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(http_status: u16, body: Value) -> Outcome {
        let errcode = body["errcode"].as_str().map(str::to_owned);
        Outcome { http_status, errcode, ..Outcome::of_json(Status::Matrix, "", &body) }
    }

    fn without_answer(status: Status, maybe_carried_out: bool) -> Outcome {
        Outcome { maybe_carried_out, ..Outcome::new(status, "") }
    }

    #[test]
    fn not_confirmed_yet_is_told_by_errcode_and_shape() {
        let challenge = json!({"flows": [{"stages": ["m.login.email.identity"]}], "session": "s"});
        assert!(is_pending(&answer(401, challenge)));
        assert!(is_pending(&answer(401, json!({"errcode": "M_UNAUTHORIZED"}))));
        assert!(is_pending(&answer(403, json!({"errcode": "M_FORBIDDEN"}))));
        for (status, body) in [
            (401, json!({"errcode": "M_UNKNOWN_TOKEN", "flows": []})),
            (401, json!({"errcode": "M_MISSING_TOKEN"})),
            (401, json!({"error": "Unable to get validated threepid"})),
            (403, json!({"errcode": "M_UNKNOWN"})),
            (400, json!({"errcode": "M_FORBIDDEN"})),
            (400, json!({"errcode": "M_PASSWORD_TOO_SHORT"})),
            (429, json!({"errcode": "M_LIMIT_EXCEEDED"})),
        ] {
            assert!(!is_pending(&answer(status, body.clone())), "{status} {body}");
        }
    }

    #[test]
    fn an_outcome_is_lost_only_where_the_request_may_have_left() {
        for status in [Status::Connect, Status::Tls, Status::Deadline] {
            assert!(is_lost(&without_answer(status, true)), "{status:?}");
            assert!(!is_lost(&without_answer(status, false)), "{status:?}");
        }
        assert!(is_lost(&without_answer(Status::UnknownOutcome, true)));
        assert!(!is_lost(&without_answer(Status::InvalidArgument, false)));
    }

    #[test]
    fn a_page_of_something_in_between_is_no_answer_of_the_homeserver() {
        let page =
            |http_status| Outcome { http_status, ..without_answer(Status::BadResponse, false) };
        assert!(is_lost(&page(200)) && is_lost(&page(504)) && is_lost(&page(0)));
        assert!(!is_lost(&page(302)) && !is_lost(&page(404)));
    }

    #[test]
    fn a_refused_repeat_says_nothing_of_the_first_try() {
        let after_a_loss = |status| Outcome {
            maybe_carried_out: true,
            ..answer(status, json!({"errcode": "M_X"}))
        };
        assert!(is_lost(&after_a_loss(429)) && is_lost(&after_a_loss(503)));
        assert!(!is_lost(&after_a_loss(400)));
        assert!(!is_lost(&answer(429, json!({"errcode": "M_LIMIT_EXCEEDED"}))));
    }

    #[test]
    fn the_session_travels_with_the_proof_where_there_is_one() {
        let mut state =
            ResetState::new("https://hs.example", "alice@example.test", None, "secret".into())
                .unwrap();
        assert_eq!(proof(&state).get("session"), None);
        state.session = Some("abc".into());
        assert_eq!(proof(&state)["session"], "abc");
        assert_eq!(proof(&state)["threepid_creds"]["client_secret"], "secret");
    }
}
