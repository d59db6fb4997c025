#include "target/exchange.h"

namespace tidemark::target {

void Exchange::reset() {
  task.reset();
  stage = Stage::idle;
  itt = kNoTag;
  immediate = begun = busy = against = false;
  refusal.reset();
  send_length = sent = data_sn = 0;
  output_charge = 0;
}

}  // namespace tidemark::target
