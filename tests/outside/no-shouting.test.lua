-- The facts of a line, and the verdict that the policy beside this file gives.
return {
	{ name = "another word passes", facts = { word = "hail" }, expect = pass() },
	{ name = "its default", facts = { word = "SHOUT" }, expect = reply(400, "not so loud", {}) },
	{ name = "the word of its option", options = { word = "HELLO" }, facts = { word = "HELLO" },
	  expect = reply(400, "not so loud", {}) },
}
