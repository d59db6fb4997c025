#include "target/exchange.h"

namespace tidemark::target {

void Exchange::reset() {
  task.reset();
  stage = Stage::idle;
  itt = kNoTag;
  immediate = under_way = begun = busy = against = false;
  refusal.reset();
  bidirectional_read = 0;
  send_length = sent = data_sn = 0;
  output_charge = write_charge = 0;
}

}  // namespace tidemark::target
