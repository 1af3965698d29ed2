"""The synchronizer: gathers changes, sends them in batches, and waits for the success of each (SDK:compnent_3cz7)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from glbtools.progress import Progress
from glbtools.sync.store import Source
from glbtools.sync.transport import (
    BATCH,
    COMPLETION,
    HELLO,
    POSITION,
    REFUSED,
    SUCCESS,
    SYNCHRONIZER,
    Message,
    Transport,
)  # fmt: skip

Acknowledged = Callable[[Message, Message], None]
"""What to do once a batch and everything before it was taken: the batch, and the collector's answer."""


class Patience(NamedTuple):
    """How long to wait for an answer.

    Attributes:
        tries: how often a message is sent before it is given up.
        seconds: how long to wait after each.
        pause: how long between two looks.
    """

    tries: int = 3
    seconds: float = 0.0
    pause: float = 0.05


class Completion(NamedTuple):
    """The message at the end of a session, to the agent.

    Attributes:
        outcome: ``complete``; ``silent``, no answer came; ``refused``, the collector stands elsewhere.
        reason: why not complete.
        batches: how many were taken.
        sent: how many changes were in them.
        counts: what the collector did -> how often.
    """

    outcome: str
    reason: str = ""
    batches: int = 0
    sent: int = 0
    counts: Counter[str] = Counter()  # noqa: RUF012


class Synchronizer:
    """Sends the changes of one pair.

    Attributes:
        deliver: gives a collector in the same process its turn; does nothing when it is elsewhere.
        progress: told before each batch how far above the first number it is, and how far the highest one is.
    """

    def __init__(
        self,
        pair: str,
        source: Source,
        transport: Transport,
        *,
        batch_size: int = 1000,
        patience: Patience = Patience(),  # noqa: B008
        deliver: Callable[[], object] = lambda: None,
        progress: Progress | None = None,
    ) -> None:
        self.pair, self.source, self.transport = pair, source, transport
        self.batch_size, self.patience, self.deliver, self.progress = batch_size, patience, deliver, progress

    def open(self, session: str) -> Message | None:
        """Open a session; return where the collector stands, None when it does not answer."""
        hello = Message(HELLO, self.pair, session, source_id=self.source.id, epoch=self.source.epoch)
        return self._exchanged(hello)

    def send(self, session: str, cursor: int, acknowledged: Acknowledged, *, full: bool = False) -> Completion:
        """Send everything above a number, batch by batch, the next one after the success of the one before."""
        counts: Counter[str] = Counter()
        number = sent = 0
        reached = first = cursor
        while True:
            number += 1
            if self.progress:
                self.progress(f"pair {self.pair}", reached - first, max(self.source.head() - first, 0))
            batch = self._gathered(session, number, cursor, reached, full=full and number == 1)
            self.source.remember(self.pair, session, batch.high)
            answer = self._exchanged(batch)
            if answer is None:
                return Completion("silent", "the collector does not answer", number - 1, sent, counts)
            if answer.kind == REFUSED:
                return Completion("refused", answer.reason, number - 1, sent, counts)
            acknowledged(batch, answer)
            cursor, sent = batch.high, sent + len(batch.items)
            reached = batch.items[-1].number if batch.items else reached
            counts.update(answer.counts)
            if batch.last:
                self.transport.post(Message(COMPLETION, self.pair, session, number, applied=cursor))
                self.deliver()
                self._clear()
                return Completion("complete", "", number, sent, counts)

    def _gathered(self, session: str, number: int, cursor: int, reached: int, *, full: bool) -> Message:
        """Return the next batch. The head is read before the changes: what is written meanwhile comes later.

        ``cursor``: all up to it is acknowledged; ``reached``: the highest number sent, which is above that where the
        source may lack changes below it.
        """
        head, whole = self.source.head(), self.source.whole_to
        items = tuple(self.source.changes(reached, self.batch_size))
        last = len(items) < self.batch_size
        high = max(cursor, head, items[-1].number if items else 0) if last else items[-1].number
        if whole is not None and high > whole:
            high = max(cursor, whole)
        lives = {life.hex(): known for life, known in self.source.lives().items()}
        return Message(
            BATCH, self.pair, session, number, low=cursor, high=high, source_id=self.source.id,
            epoch=self.source.epoch, last=last, full=full, lives=lives, items=items,
        )  # fmt: skip

    def _exchanged(self, message: Message) -> Message | None:
        """Send a message until its answer comes, as often as there is patience for."""
        for _ in range(self.patience.tries):
            self.transport.post(message)
            until = time.monotonic() + self.patience.seconds
            while True:
                self.deliver()
                if answer := self._answer(message):
                    return answer
                if time.monotonic() >= until:
                    break
                time.sleep(self.patience.pause)
        return None

    def _clear(self) -> None:
        """Remove what still waits when all is done: answers that came twice or late, and what is none."""
        while received := self.transport.take(SYNCHRONIZER):
            self.transport.done(SYNCHRONIZER, received)

    def _answer(self, to: Message) -> Message | None:
        """Return the answer to a message; those to earlier ones, which come late or twice, are passed over."""
        wanted = {POSITION} if to.kind == HELLO else {SUCCESS, REFUSED}
        while received := self.transport.take(SYNCHRONIZER):
            answer = received.message
            self.transport.done(SYNCHRONIZER, received)
            if answer.kind in wanted and (answer.session, answer.batch_no) == (to.session, to.batch_no):
                return answer
        return None
