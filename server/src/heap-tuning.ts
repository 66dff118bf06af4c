// Gives the garbage collector room, where the machine has it. V8 counts every buffer of a request, a chunk and a block as
// pressure on a small heap, and answers by marking the whole heap again for every few megabytes that pass through: measured
// at 8,000 events/s that was a sixth of all the processor's work, in pauses that the API's slowest answers consisted of.
// Imported first: the limits are computed anew from these flags at each collection, in the worker threads as well.
import { availableParallelism, totalmem } from "node:os";
import { setFlagsFromString } from "node:v8";

/** On less memory than this, collecting often is the better bargain. */
const MEMORY_BYTES_MIN = 4 * 1024 ** 3;

/** On so few cores the helpers of a young collection stand in line behind what it holds up, and the thread waits for them. */
const CORES_MAX_WITHOUT_HELPERS = 2;

const limit = process.constrainedMemory();
if ((limit > 0 ? Math.min(limit, totalmem()) : totalmem()) >= MEMORY_BYTES_MIN) {
  // Buffers count as part of the heap, not against a fixed 64 MB beside it; both may grow to a multiple of what is alive.
  setFlagsFromString("--external-memory-accounted-in-global-limit");
  setFlagsFromString("--external-memory-max-growing-factor=4");
  setFlagsFromString("--heap-growing-percent=400");
}
if (availableParallelism() <= CORES_MAX_WITHOUT_HELPERS) setFlagsFromString("--no-parallel-scavenge");
