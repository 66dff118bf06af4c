// For libraries that connect the socket which they are given: this one is connected already, and says so.
import type { Socket } from "node:net";

export function connectedSocket(socket: Socket): Socket {
  socket.connect = () => {
    setImmediate(() => socket.emit("connect"));
    return socket;
  };
  return socket;
}
