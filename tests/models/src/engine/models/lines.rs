//! Log lines: each is written once, in its order, before the callback thread ends.

use std::sync::{Arc, Mutex};

use loom::thread;

use super::{explore, set};
use crate::api::{Outcome, Status};
use crate::engine::UserData;
use crate::engine::callbacks::{Callback, Callbacks};
use crate::engine::cancel::Cancel;
use crate::engine::delivery::Delivery;
use crate::engine::ledger::Ledger;
use crate::log::{self, Level, Line};

/// What the callback thread did, in its order.
static DONE: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn done(what: &str) {
    DONE.lock().unwrap().push(what.to_owned());
}

fn callback(ledger: &Arc<Ledger>) -> Callback {
    let op = ledger.enter(&Arc::new(Cancel::default())).unwrap();
    ledger.has_outcome(op);
    Callback {
        ledger: Arc::clone(ledger),
        handler: Some(Box::new(|_| done("callback"))),
        delivery: Delivery {
            op,
            user_data: UserData::none(),
            outcome: Outcome::new(Status::Ok, ""),
        },
    }
}

#[test]
fn lines_are_written_once_and_in_order_beside_a_callback_and_before_the_thread_ends() {
    // The log is the process's, so other models' lines come here, too.
    let keep = |_, line: &str| {
        if matches!(line, "first" | "second") {
            done(line);
        }
    };
    log::set(Level::Info as i32, Some(Box::new(keep)));
    let seen = explore("two lines, a callback and the end of the thread", Some(3), || {
        DONE.lock().unwrap().clear();
        let (callbacks, ledger) = (Arc::new(Callbacks::default()), Arc::new(Ledger::default()));
        let running = {
            let callbacks = Arc::clone(&callbacks);
            thread::spawn(move || callbacks.run())
        };
        let network = {
            let callbacks = Arc::clone(&callbacks);
            thread::spawn(move || {
                callbacks.push_line(Line::new(Level::Info, "first".to_owned()));
                callbacks.push_line(Line::new(Level::Info, "second".to_owned()));
            })
        };
        callbacks.push(std::iter::once(callback(&ledger)));
        network.join().unwrap();
        callbacks.stop();
        running.join().unwrap();
        assert_eq!(ledger.undelivered(), 0);
        DONE.lock().unwrap().join(" ")
    });
    log::set(0, None);
    let orders = ["callback first second", "first callback second", "first second callback"];
    assert_eq!(seen, set(&orders.map(str::to_owned)));
}
