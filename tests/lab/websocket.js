// websocket: `serve HOST PORT` echoes, and ends with 4001 when asked to; `talk URL COUNT SIZE [CA NAME]` has it echo so
// often and asks it to end.  With Debian's node-ws.
"use strict";
const fs = require("fs");
const { WebSocket, WebSocketServer } = require("ws");
const [, , what, ...words] = process.argv;

function serve(host, port) {
  const server = new WebSocketServer({ host, port: Number(port), perMessageDeflate: true, maxPayload: 64 << 20 });
  server.on("connection", (socket) => {
    socket.on("message", (data, binary) => {
      if (!binary && data.toString() === "end") socket.close(4001, "as asked");
      else socket.send(data, { binary });
    });
  });
}

function talk(url, count, size, authority, name) {
  const options = { perMessageDeflate: true, maxPayload: 64 << 20 };
  if (authority) Object.assign(options, { ca: fs.readFileSync(authority), servername: name });
  const socket = new WebSocket(url, ["lab"], options);
  const sent = require("crypto").randomBytes(Number(size));
  let echoed = 0, pongs = 0;
  const next = () => (echoed < Number(count) ? socket.send(sent) : socket.send("end"));
  socket.on("open", () => { socket.ping("there?"); next(); });
  socket.on("pong", () => { pongs += 1; });
  socket.on("message", (data) => {
    if (!sent.equals(data)) throw new Error("another one came back");
    echoed += 1;
    next();
  });
  socket.on("close", (code, reason) => {
    console.log(`echoed ${echoed} pongs ${pongs} protocol ${socket.protocol} ended ${code} ${reason}`);
  });
}

({ serve, talk })[what](...words);
