"""Words that say nothing of a matter by themselves. Pure."""

_ENGLISH = """
a about above after again against all almost also although always am an and another any
anybody anyone anything april are aren't around as ask asked asking at august away back be
became because become been before began begin behind being below between both but by call
came can can't cannot come could couldn't day days december did didn't do does doesn't doing
don't done down during each either else even ever every everyone everything february few
find first for found four friday from further gave get gets getting give given go goes going
gone got had hadn't happened has hasn't have haven't having he he's her here hers him his
how however i i'd i'll i'm i've if in into is isn't it it's its itself january july june
just keep kept know last later least less let like made make makes making many march may
maybe me might mine monday month months more most much must my myself need never new next no
nobody none nor not nothing november now october of off often ok okay on once one only onto
or other others our ours out over own per please put quite rather re really right said same
saturday say saying says second see seen send sent september several shall she should
shouldn't since so some somebody someone something still such sunday take taken tell than
thank thanks that that's the their theirs them then there there's these they they're thing
things think third this those though three through thursday thus till time times to today
together told tomorrow too took toward tried try trying tuesday two under until up upon us
use used using very via want wanted was wasn't way we we're we've wednesday week weeks went
were weren't what when where whether which while who whole whom whose why will with within
without won't would wouldn't xx xxx xxxx year years yes yesterday yet you you're your yours
"""
# Parts of speech as the segmenter tags them: pronouns, particles, prepositions, conjunctions,
# adverbs, numerals, measures, times, directions, sounds, punctuation.
_TAGS = """
c d df dg e f h k m mq o p q r rg rr rz t tg u ud ug uj ul uv uz w x y
"""
# Verbs and nouns of everyday use that say as little.
_CHINESE = """
东西 买 人 人员 会 你好 做 先生 公司 到 去 去年 反映 叫 可以 可能 女士
小姐 希望 您好 情况 想 感谢 我司 把 投诉 收到 时候 是 有 来 没有 看 给 能
表示 被 要 要求 让 说 请 谢谢 购买 贵司 进行 问题
"""
ENGLISH = frozenset(_ENGLISH.split())
IDLE_TAGS = frozenset(_TAGS.split())
IDLE_WORDS = frozenset(_CHINESE.split())
