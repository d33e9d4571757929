//! The log lines of the I/O thread, which wait for the callback thread to write them.

use std::collections::VecDeque;

use crate::log::{Level, Line};

/// More are dropped: a log callback that is too slow costs no more memory than this.
const MOST: usize = 1000;

#[derive(Default)]
pub struct Lines {
    waiting: VecDeque<Line>,
    /// Since there were too many. Lines are dropped until half of those that wait have been written,
    /// or every other line would say that one was dropped.
    dropped: usize,
}

impl Lines {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn push(&mut self, line: Line) {
        if self.dropped > 0 || self.waiting.len() == MOST {
            self.dropped += 1;
        } else {
            self.waiting.push_back(line);
        }
    }

    pub fn pop(&mut self) -> Option<Line> {
        let line = self.waiting.pop_front();
        if self.dropped > 0 && self.waiting.len() <= MOST / 2 {
            let dropped = std::mem::take(&mut self.dropped);
            let text = format!("{dropped} log lines were dropped: the log callback is too slow");
            self.waiting.push_back(Line::new(Level::Warn, text));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(numbers: std::ops::Range<usize>) -> Lines {
        let mut lines = Lines::default();
        push(&mut lines, numbers);
        lines
    }

    fn push(lines: &mut Lines, numbers: std::ops::Range<usize>) {
        numbers.for_each(|number| lines.push(Line::new(Level::Info, number.to_string())));
    }

    fn rest(lines: &mut Lines) -> Vec<String> {
        std::iter::from_fn(|| lines.pop()).map(|line| line.text().to_owned()).collect()
    }

    fn texts(numbers: std::ops::Range<usize>) -> Vec<String> {
        numbers.map(|number| number.to_string()).collect()
    }

    #[test]
    fn a_thousand_lines_are_kept_in_their_order() {
        assert_eq!(rest(&mut lines(0..1000)), texts(0..1000));
    }

    #[test]
    fn what_is_too_much_is_dropped_and_counted_where_it_is_missing() {
        let mut lines = lines(0..1234);
        let first: Vec<_> = (0..500).filter_map(|_| lines.pop()).collect();
        assert_eq!(first.len(), 500);
        push(&mut lines, 2000..2001);
        let said = "234 log lines were dropped: the log callback is too slow".to_owned();
        let expected = [texts(500..1000), vec![said], texts(2000..2001)].concat();
        assert_eq!(rest(&mut lines), expected);
    }

    #[test]
    fn nothing_is_kept_until_there_is_room_for_more_than_a_few() {
        let mut lines = lines(0..1001);
        lines.pop();
        push(&mut lines, 2000..2001);
        let rest = rest(&mut lines);
        assert_eq!(rest.last().unwrap(), "2 log lines were dropped: the log callback is too slow");
        assert_eq!(rest.len(), 1000);
    }
}
