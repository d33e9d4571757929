//! One round: its clients, queue and resets, and the checks at its end.

use std::collections::VecDeque;
use std::ptr::from_ref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use matrix_capi::ffi::*;
use serde_json::json;

use super::log::Log;
use super::model::{ClientOf, Pointer, Record, completed};
use crate::c::{Answer, Queue};
use crate::client::{Client, Options};
use crate::process::{live_objects, threads_of_ours};
use crate::server::Server;

pub const SLOTS: usize = 3;
/// For what must come soon.
const PATIENCE: Duration = Duration::from_secs(60);

type Reset = (Pointer<mx_password_reset>, Arc<ClientOf>);

pub struct Round {
    pub url: String,
    clients: [Mutex<Option<Arc<ClientOf>>>; SLOTS],
    /// Every client there ever was.
    all_clients: Mutex<Vec<Arc<ClientOf>>>,
    /// Read while a thread uses the reset; written by the one that frees it.
    pub resets: [RwLock<Option<Reset>>; SLOTS],
    pub queue: RwLock<Option<Queue>>,
    queue_was_freed_early: AtomicBool,
    pub wakes: AtomicUsize,
    pub records: Mutex<Vec<Arc<Record>>>,
    /// What callbacks are still to do.
    callbacks: Mutex<VecDeque<u8>>,
    pub log: Log,
}

impl Round {
    pub fn new(server: &Server, callbacks: &[u8]) -> Box<Self> {
        Box::new(Self {
            url: server.url(),
            clients: Default::default(),
            all_clients: Mutex::default(),
            resets: Default::default(),
            queue: RwLock::new(Some(Queue::new())),
            queue_was_freed_early: AtomicBool::new(false),
            wakes: AtomicUsize::new(0),
            records: Mutex::default(),
            callbacks: Mutex::new(callbacks.to_vec().into()),
            log: Log::default(),
        })
    }

    pub fn client(&self, slot: usize) -> Option<Arc<ClientOf>> {
        self.clients[slot].lock().unwrap().clone()
    }

    /// Makes a client where there is none: "q" and "k" with the queue, "k" and "d" with a timeout
    /// that passes.
    pub fn make_client(&self, slot: usize, kind: u8) {
        let queue = self.queue.read().unwrap();
        let mut place = self.clients[slot].lock().unwrap();
        if place.as_ref().is_some_and(|client| !client.being_freed.load(Ordering::SeqCst)) {
            return;
        }
        let timeout = if matches!(kind, b'k' | b'd') { 3 } else { 20_000 };
        let options = Options::from_json(&json!({
            "timeout_ms": timeout, "max_retries": 1, "retry_delay_ms": 1,
            "max_rate_limit_wait_ms": 1, "access_token": "c4n4ry-access-token",
        }));
        let queue = queue.as_ref().filter(|_| matches!(kind, b'q' | b'k'));
        let has_queue = queue.is_some();
        let options = match queue {
            Some(queue) => options.queue(queue),
            None => options,
        };
        let raw = Client::new(&self.url, &options).into_raw();
        let client = Arc::new(ClientOf {
            round: from_ref(self),
            handle: RwLock::new(Some(Pointer(raw.0))),
            raw: Pointer(raw.0),
            has_queue,
            being_freed: AtomicBool::new(false),
            freed: AtomicBool::new(false),
        });
        self.all_clients.lock().unwrap().push(Arc::clone(&client));
        *place = Some(client);
    }

    /// Frees a client unless another thread does.
    pub fn free_client(&self, client: &ClientOf) {
        let Some(handle) = client.handle.write().unwrap().take() else { return };
        client.being_freed.store(true, Ordering::SeqCst);
        // SAFETY: it was taken once, and no other thread can reach it any more.
        unsafe { mx_client_free(handle.0) };
        client.freed.store(true, Ordering::SeqCst);
    }

    /// Starts a call and keeps what must become of it.
    pub fn start(
        &self,
        client: &Arc<ClientOf>,
        start: impl FnOnce(mx_callback, *mut std::ffi::c_void, *mut mx_op) -> mx_status,
    ) -> mx_status {
        let record = Record::new(client);
        self.records.lock().unwrap().push(Arc::clone(&record));
        let callback: mx_callback = if client.has_queue { None } else { Some(completed) };
        let user_data = Arc::as_ptr(&record).cast_mut().cast();
        let status = start(callback, user_data, record.op.as_ptr());
        record.accepted.store(status == MX_OK, Ordering::SeqCst);
        status
    }

    /// What a callback does, by letter: "s" starts another call, "f" frees its own client, "o" that
    /// of slot 0, "c" cancels what has just ended, "t" takes the access token away, "z" takes time.
    pub fn in_callback(&self, client: &Arc<ClientOf>, record: &Record) {
        let action = self.callbacks.lock().unwrap().pop_front();
        let raw = client.raw.0;
        match action {
            Some(b's') => {
                let status = self.start(client, |callback, user_data, op| {
                    let (id, params) = (c"getVersions".as_ptr(), c"{}".as_ptr());
                    // SAFETY: in its own callback a client is alive; `op` is writable.
                    unsafe { mx_call(raw, id, params, callback, user_data, op) }
                });
                assert!(matches!(status, MX_OK | MX_ERR_CLOSED), "{status}");
            }
            Some(b'f') => self.free_client(client),
            Some(b'o') => {
                if let Some(other) = self.client(0) {
                    self.free_client(&other);
                }
            }
            Some(b'c') => {
                // SAFETY: as above.
                let status = unsafe { mx_client_cancel(raw, record.op.load(Ordering::SeqCst)) };
                assert_eq!(status, MX_ERR_NOT_FOUND, "it has its outcome already");
            }
            Some(b't') => {
                // SAFETY: as above.
                let status = unsafe { mx_client_set_access_token(raw, std::ptr::null()) };
                assert_eq!(status, MX_OK);
            }
            Some(b'z') => thread::sleep(Duration::from_micros(200)),
            _ => {}
        }
    }

    /// Takes a result out of the queue, if there is one.
    pub fn next(&self, timeout_ms: i64) -> mx_status {
        match self.queue.read().unwrap().as_ref().map(|queue| queue.next(timeout_ms)) {
            Some(Ok(answer)) => {
                self.fetched(&answer);
                MX_OK
            }
            Some(Err(status)) => {
                assert_eq!(status, MX_ERR_TIMEOUT);
                status
            }
            None => MX_ERR_TIMEOUT,
        }
    }

    fn fetched(&self, answer: &Answer) {
        // SAFETY: user_data is a record of this round.
        let record = unsafe { &*answer.user_data().cast::<Record>() };
        assert!(record.client.has_queue);
        record.complete(answer);
    }

    pub fn free_queue(&self) {
        if let Some(queue) = self.queue.write().unwrap().take() {
            self.queue_was_freed_early.store(true, Ordering::SeqCst);
            drop(queue);
        }
    }

    pub fn free_reset(&self, slot: usize) {
        if let Some((reset, _)) = self.resets[slot].write().unwrap().take() {
            // SAFETY: it was taken once, and no other thread can reach it any more.
            unsafe { mx_password_reset_free(reset.0) };
        }
    }

    /// Frees everything, and checks that every promise was kept.
    pub fn end(self: Box<Self>) {
        self.free_reset(0);
        let patience = Instant::now() + PATIENCE;
        for client in self.all_clients.lock().unwrap().iter() {
            self.free_client(client);
            // A callback may be freeing it.
            while !client.freed.load(Ordering::SeqCst) {
                assert!(Instant::now() < patience, "a client is not freed");
                thread::yield_now();
            }
        }
        for slot in 0..SLOTS {
            self.free_reset(slot);
        }
        for _ in 0..=self.wakes.load(Ordering::SeqCst) {
            while self.next(0) == MX_OK {}
        }
        drop(self.queue.write().unwrap().take());
        self.log.off();
        while live_objects() != 0 || !threads_of_ours().is_empty() {
            let (live, threads) = (live_objects(), threads_of_ours());
            assert!(Instant::now() < patience, "{live} objects, threads {threads:?} are left");
            thread::yield_now();
        }
        let dropped = self.queue_was_freed_early.load(Ordering::SeqCst);
        for record in self.records.lock().unwrap().iter() {
            let completions = record.completions.load(Ordering::SeqCst);
            let accepted = u32::from(record.accepted.load(Ordering::SeqCst));
            if record.client.has_queue && dropped {
                assert!(completions <= accepted);
            } else {
                assert_eq!(completions, accepted, "one completion for each accepted call");
            }
        }
    }
}
