"""The process of publishing as it is, except that it says when a step begins."""

from adstelle.counting.drafting import Progress, Step
from adstelle.publishing import work
from adstelle.publishing.work import Teller

TABULATING = "tabulating"  # begins when the last card is counted
ENDED = "ended"


class Saying(Teller):
    """Prints the name of each step as it begins."""

    _step = ""

    def __call__(self, progress: Progress) -> None:
        super().__call__(progress)
        is_last = progress.step is Step.COUNTING and progress.done == progress.of
        self._say_begun(TABULATING if is_last else progress.step)

    async def beat(self) -> None:
        try:
            await super().beat()
        finally:
            self._say_begun(ENDED)

    def _say_begun(self, step: str) -> None:
        if step != self._step:
            self._step = step
            print(step, flush=True)


if __name__ == "__main__":
    work.main(Saying)
