//! What a password reset knows between its steps, and its saved form.

use serde::{Deserialize, Serialize};

use crate::api::{Kind, MAX_INTEGER, Outcome};
use crate::json::Plain;
use crate::secret::SecretString;

const VERSION: u32 = 1;

/// What must happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// No server has taken a request yet: send.
    New,
    /// A mail was asked for: the person follows its link and confirms; then finish.
    AwaitsLink,
    /// A mail was asked for: the person types its token; then submit it.
    AwaitsToken,
    /// The token was accepted: finish.
    Confirmed,
    /// The password has been changed.
    Done,
}

impl Stage {
    /// By number.
    pub const ALL: [Self; 5] =
        [Self::New, Self::AwaitsLink, Self::AwaitsToken, Self::Confirmed, Self::Done];
}

/// A reset between two steps. Its JSON form is what is saved; it holds a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetState {
    version: u32,
    /// The homeserver that knows the session.
    pub base_url: String,
    pub stage: Stage,
    pub email: String,
    pub next_link: Option<String>,
    pub client_secret: SecretString,
    /// The number for the next request: the same until a server has answered it, so that a lost
    /// answer causes no second mail.
    pub send_attempt: u64,
    pub sid: Option<String>,
    pub submit_url: Option<String>,
    /// The session of user-interactive authentication, which makes the last request repeatable.
    pub session: Option<SecretString>,
    /// The last request was sent without such a session and its answer is not known: the password
    /// may have been changed, and a repeat could not tell.
    pub in_doubt: bool,
}

impl ResetState {
    pub fn new(
        base_url: &str,
        email: &str,
        next_link: Option<&str>,
        client_secret: SecretString,
    ) -> Result<Self, Outcome> {
        Self {
            version: VERSION,
            base_url: base_url.to_owned(),
            stage: Stage::New,
            email: email.trim().to_owned(),
            next_link: next_link.map(str::to_owned),
            client_secret,
            send_attempt: 1,
            sid: None,
            submit_url: None,
            session: None,
            in_doubt: false,
        }
        .checked()
    }

    /// A server has answered: the next request is another one. At the spec's last number it stays
    /// there, so that what is saved can be restored.
    pub fn count_attempt(&mut self) {
        let next = self.send_attempt.saturating_add(1);
        self.send_attempt = next.min(MAX_INTEGER.unsigned_abs());
    }

    pub fn save(&self) -> Outcome {
        match serde_json::to_value(self) {
            Ok(json) => Outcome::of_json(crate::api::Status::Ok, "OK", &json),
            Err(_) => Outcome::internal("the reset cannot be written as JSON"),
        }
    }

    /// Reads a saved reset of the homeserver at `base_url`, and refuses what it does not understand.
    pub fn restore(saved: &str, base_url: &str) -> Result<Self, Outcome> {
        let refused = |why: String| Outcome::invalid_argument(format!("saved {why}"));
        // The version first: another version's members would only seem to be wrong.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        match serde_json::from_str::<Versioned>(saved) {
            Ok(Versioned { version: VERSION }) => {}
            Ok(Versioned { version }) => {
                return Err(refused(format!(
                    "has version {version}; this library reads {VERSION}"
                )));
            }
            Err(_) => return Err(refused("is not the JSON of a password reset".into())),
        }
        let state: Self = serde_json::from_str(saved).map_err(|error| {
            // serde names the member, in text that may quote its value: only places are safe.
            refused(format!(
                "is not a whole password reset (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        if state.base_url != base_url {
            return Err(refused(format!(
                "belongs to base_url {}, not to the client's {base_url}",
                state.base_url
            )));
        }
        state.checked()
    }

    /// Checks every value against its grammar.
    fn checked(self) -> Result<Self, Outcome> {
        let check = |name: &str, kind: Kind, text: Option<&str>| {
            let complaint = text.and_then(|text| kind.complaint(&Plain::String(text.into())));
            complaint.map_or(Ok(()), |complaint| {
                Err(Outcome::invalid_argument(format!("{name} {complaint}")))
            })
        };
        check("email", Kind::Email, Some(&self.email))?;
        check("next_link", Kind::Uri, self.next_link.as_deref())?;
        check("client_secret", Kind::ClientSecret, Some(self.client_secret.as_str()))?;
        check("sid", Kind::Sid, self.sid.as_deref())?;
        check("submit_url", Kind::Uri, self.submit_url.as_deref())?;
        let send_attempt = self.send_attempt.to_string();
        if let Some(complaint) = Kind::Natural.complaint(&Plain::Integer(&send_attempt)) {
            return Err(Outcome::invalid_argument(format!("send_attempt {complaint}")));
        }
        let inconsistent = match self.stage {
            Stage::New => false,
            Stage::AwaitsToken => self.sid.is_none() || self.submit_url.is_none(),
            // Asked again, a server may name no submit_url for what is confirmed already.
            Stage::AwaitsLink | Stage::Confirmed | Stage::Done => self.sid.is_none(),
        };
        if inconsistent {
            return Err(Outcome::invalid_argument(
                "saved lacks the sid or submit_url of its stage",
            ));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const BASE: &str = "https://hs.example";

    fn state() -> ResetState {
        ResetState::new(BASE, " alice@example.test ", Some("myapp://done"), "s3cret".into())
            .unwrap()
    }

    fn text_of(state: &ResetState) -> String {
        String::from_utf8(state.save().body.unwrap().bytes().to_vec()).unwrap()
    }

    fn saved() -> Value {
        serde_json::from_str(&text_of(&state())).unwrap()
    }

    fn complaint(change: impl FnOnce(&mut Value)) -> String {
        let mut json = saved();
        change(&mut json);
        ResetState::restore(&json.to_string(), BASE).expect_err(&json.to_string()).message.into()
    }

    #[test]
    fn a_saved_reset_comes_back_the_same() {
        let mut state = state();
        state.stage = Stage::AwaitsLink;
        state.sid = Some("abc".into());
        state.session = Some("xyz".into());
        state.send_attempt = 3;
        let text = text_of(&state);
        let back = ResetState::restore(&text, BASE).unwrap();
        assert_eq!(text_of(&back), text_of(&state));
        assert_eq!(back.email, "alice@example.test");
    }

    #[test]
    fn a_reset_at_the_last_attempt_can_still_be_saved_and_restored() {
        let mut state = state();
        state.count_attempt();
        assert_eq!(state.send_attempt, 2);
        state.send_attempt = MAX_INTEGER.unsigned_abs();
        state.count_attempt();
        let text = text_of(&state);
        assert_eq!(ResetState::restore(&text, BASE).unwrap().send_attempt, state.send_attempt);
    }

    #[test]
    fn every_stage_is_found_by_its_number() {
        for (number, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage as usize, number);
        }
    }

    #[test]
    fn a_confirmed_reset_comes_back_though_its_server_names_no_submit_url_any_more() {
        let mut json = saved();
        (json["stage"], json["sid"]) = (json!("confirmed"), json!("abc"));
        assert_eq!(json["submit_url"], Value::Null);
        assert!(ResetState::restore(&json.to_string(), BASE).is_ok());
        json["stage"] = json!("awaits_token");
        assert!(ResetState::restore(&json.to_string(), BASE).is_err());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(complaint(|json| json["version"] = json!(2)).contains("version 2"));
        assert!(complaint(|json| json["more"] = json!(1)).contains("not a whole password reset"));
        assert!(complaint(|json| json["stage"] = json!("later")).contains("not a whole"));
        assert!(
            complaint(|json| json["base_url"] = json!("https://evil.example"))
                .contains("belongs to")
        );
        assert!(
            complaint(|json| json["client_secret"] = json!("a b"))
                .contains("client_secret may hold only")
        );
        assert!(complaint(|json| json["stage"] = json!("awaits_link")).contains("lacks the sid"));
        assert!(complaint(|json| *json = json!([])).contains("not the JSON of a password reset"));
        assert!(
            complaint(|json| drop(json.as_object_mut().unwrap().remove("in_doubt")))
                .contains("not a whole")
        );
    }

    #[test]
    fn no_complaint_and_no_debug_output_shows_the_secret() {
        let message = complaint(|json| json["client_secret"] = json!("hunter2 "));
        assert!(!message.contains("hunter2"), "{message}");
        let message = complaint(|json| json["send_attempt"] = json!("hunter2"));
        assert!(!message.contains("hunter2"), "{message}");
        assert!(!format!("{:?}", state()).contains("s3cret"));
    }
}
