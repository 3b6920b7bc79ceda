-- Cases that must fail, of the policy words.lua: wrong.sh counts their lines.
return {
	{ name = "another verdict", expect = drop() },
	{ name = "another pool", options = { say = "route", to = "emea" }, expect = route("front") },
	{ name = "another code", options = { say = "reply" }, expect = reply(500) },
	{ name = "another reason", options = { say = "reply" }, expect = reply(503, "wait") },
	{ name = "another header", options = { say = "reply" }, expect = reply(503, "Wait", { Each = "" }) },
	{ name = "another failure", options = { say = "fail" }, expect = fails("of its own") },
	{ name = "no expectation" },
	{ name = "an expectation that is no verdict", expect = 400 },
	{ name = "an unknown key", fact = {}, expect = pass() },
	{ name = "an unknown fact", facts = { method = "INVITE" }, expect = pass() },
	{ name = "a fact that is no text", facts = { fact = 5 }, expect = pass() },
	{ name = "an unknown option", options = { hear = "nothing" }, expect = pass() },
	{ name = "an option of another type", options = { say = 5 }, expect = pass() },
	{ name = "a duration without unit", options = { wait = "5" }, expect = pass() },
	"no table",
}
