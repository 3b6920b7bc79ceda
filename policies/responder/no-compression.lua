-- Answers 400 to a request for compression, so that signalling stays readable to the gateway.
--
-- A client asks with NEGOTIATE and a Compression header, hop by hop, before it sends anything else; a client that is
-- refused goes on without.  A NEGOTIATE without that header asks for something else and passes.

return {
	plugin = "sip",
	reads = { "method", "header.compression" },

	decide = function(m)
		if m.method == "NEGOTIATE" and m["header.compression"] then
			return reply(400, "Bad Request")
		end
	end,
}
