"""What texts become: mrkdwn by Slack's rules, Markdown, times in the reader's zone and language."""

from __future__ import annotations

import pytest

from tests.slack.browser import Person
from tests.slack.page.rendering import ME, mrkdwn, render

pytestmark = [pytest.mark.lab, pytest.mark.asyncio(loop_scope="session")]

LINK = ' target="_blank" rel="noopener noreferrer"'
CASES = {
    "a *b* c": "a <strong>b</strong> c",
    "_a_ ~b~ `c*d*`": "<em>a</em> <del>b</del> <code>c*d*</code>",
    "*_both_*": "<strong><em>both</em></strong>",
    "2*3*4 snake_case_name ~": "2*3*4 snake_case_name ~",
    "*no end": "*no end",
    "* a *": "* a *",
    "*two\nlines*": "*two\nlines*",
    "*서울*의": "*서울*의",  # Slack wants the edge of a word: particles glued on break it
    "*서울* 의": "<strong>서울</strong> 의",
    "*a `b*` c*": "<strong>a <code>b*</code> c</strong>",
    "&lt;b&gt; &amp;lt; &quot;": "<b> &lt; &quot;",
    "```x < y\n *z* ```": '<pre tabindex="0"><code>x < y\n *z* </code></pre>',
    "&gt; q\n&gt; r\ns": "<blockquote>q\nr</blockquote>s",
    "<https://a.example/?x=1&amp;y=2|the *page*>": (
        f'<a href="https://a.example/?x=1&y=2"{LINK}>the *page*</a>'
    ),
    "see https://a.example/b. Then": (
        f'see <a href="https://a.example/b"{LINK}>https://a.example/b</a>. Then'
    ),
    "<javascript:alert(1)|x>": "<span>x</span>",
    "<mailto:a@b.example|a@b.example>": f'<a href="mailto:a@b.example"{LINK}>a@b.example</a>',
    "<@U2> <@U1> <@U9|old name>": (
        '<span class="mention">@Alex Reed</span> <span class="mention mine">@Mina Park</span> '
        '<span class="mention">@old name</span>'
    ),
    "<#C1> <#C9|secret>": (
        '<a class="mention" href="/?as=U1&channel=C1">#backup-incidents</a> '
        '<span class="mention">#secret</span>'
    ),
    "<!subteam^S1> <!subteam^S9|@them> <!here>": (
        '<span class="mention">@network-ops</span> <span class="mention">@them</span> '
        '<span class="mention">@here</span>'
    ),
    ":red_circle: :constructor: :no_such: 10:30:45": (
        '<span class="emoji" role="img" aria-label="red circle">🔴</span> '
        ":constructor: :no_such: 10:30:45"
    ),
    "<!date^1769000000^{date_num} {time_secs}|then>": (
        '<time datetime="2026-01-21T12:53:20.000Z" title="then">2026-01-21 오후 9:53:20</time>'
    ),
    "<!date^soon^{date}|2026-01-21 UTC>": "<span>2026-01-21 UTC</span>",
    "<!date^1769000000^{time}^https://a.example/|then>": (
        f'<a href="https://a.example/"{LINK}>오후 9:53</a>'
    ),
}


async def test_mrkdwn_follows_slacks_rules(reader: Person) -> None:
    made = {text: await mrkdwn(reader, text) for text in CASES}
    assert made == CASES


DATE = """async ([format, me, now]) => {
  const { dateText } = await import("/page/when.js");
  return dateText("1769000000", format, me, new Date(now));
}"""
LONDON = {"locale": "en-GB", "tz": "Europe/London"}
NEW_YORK = {"locale": "en-US", "tz": "America/New_York"}
SAME_DAY, NEXT_DAY, LATER = "2026-01-21T20:00Z", "2026-01-22T03:00Z", "2026-02-21T20:00Z"


@pytest.mark.parametrize(
    ("form", "me", "now", "shown"),
    [
        ("{date_long}", ME, LATER, "2026년 1월 21일 수요일"),
        ("{date_short_pretty} {time}", ME, SAME_DAY, "어제 오후 9:53"),  # it is the 22nd in Seoul
        ("{date_short_pretty} {time}", LONDON, SAME_DAY, "Today 12:53"),
        ("on {date_pretty}", NEW_YORK, SAME_DAY, "on today"),
        ("{date_pretty} at {time}", NEW_YORK, NEXT_DAY, "Today at 7:53 AM"),  # still the 21st there
        ("{date_pretty}", LONDON, NEXT_DAY, "Yesterday"),
        ("{date_short}", NEW_YORK, LATER, "Jan 21, 2026"),
        ("{ago}", NEW_YORK, NEXT_DAY, "14 hours ago"),
        ("{no_such} {time}", LONDON, LATER, "{no_such} 12:53"),
        ("{date_num}", {"locale": "xx-not-one-", "tz": "Mars/Olympus"}, LATER, "2026-01-21"),
    ],
)
async def test_a_time_is_the_readers(
    reader: Person, form: str, me: dict[str, str], now: str, shown: str
) -> None:
    said = str(await reader.page.evaluate(DATE, [form, me, now]))
    assert said.replace("\u202f", " ") == shown


MARKDOWN = """# Verdict *now*

The pair **went dark**, see [the record](https://a.example/c(1)).
<b>raw</b> https://b.example/x.

1. first
   - inner `a*b*`
2. ~~second~~

> quoted
> on

```sh
ping -c1 *x*
```

| Flow | State |
|:-----|------:|
| 22   | open  |
"""


async def test_markdown_becomes_structure_and_html_in_it_stays_text(reader: Person) -> None:
    (made,) = await render(reader, "markdown", "markdown", MARKDOWN)
    assert "<h3>Verdict <em>now</em></h3>" in made.html
    assert "<strong>went dark</strong>" in made.html
    assert made.links == ["https://a.example/c(1)", "https://b.example/x"]
    assert "&lt;b&gt;raw&lt;/b&gt;" in made.html
    assert '<ol start="1"><li>first<ul><li>inner <code>a*b*</code></li></ul></li>' in made.html
    assert "<del>second</del>" in made.html
    assert "<blockquote><p>quoted\non</p></blockquote>" in made.html
    assert "<code>ping -c1 *x*</code>" in made.html
    assert '<th scope="col" class="right">State</th>' in made.html
    assert '<td class="left">22</td>' in made.html
