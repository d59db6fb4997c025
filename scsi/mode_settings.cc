#include "scsi/mode_settings.h"

namespace tidemark::scsi {
namespace {

constexpr ModeField kFields[] = {
    {"write_cache", 0x08, 0x00, 2, 0x04, &ModeSettings::write_cache},
    {"task_management_only", 0x0a, 0x00, 2, 0x10, &ModeSettings::task_management_only},
    {"descriptor_sense", 0x0a, 0x00, 2, 0x04, &ModeSettings::descriptor_sense},
    {"queue_algorithm_modifier", 0x0a, 0x00, 3, 0xf0, &ModeSettings::queue_algorithm_modifier},
    {"no_attention_on_release", 0x0a, 0x00, 3, 0x08, &ModeSettings::no_attention_on_release},
    {"queue_error_management", 0x0a, 0x00, 3, 0x06, &ModeSettings::queue_error_management, 0b1011},
    {"attention_interlock", 0x0a, 0x00, 4, 0x30, &ModeSettings::attention_interlock, 0b1101},
    {"software_write_protect", 0x0a, 0x00, 4, 0x08, &ModeSettings::software_write_protect},
    {"task_aborted_status", 0x0a, 0x00, 5, 0x40, &ModeSettings::task_aborted_status},
};

}  // namespace

std::span<const ModeField> mode_fields() {
  return kFields;
}

bool ModeField::changeable(bool has_write_cache) const {
  return has_write_cache || value != &ModeSettings::write_cache;
}

void ModeSettings::assign(const ModeSettings& other) {
  for (const ModeField& field : kFields) this->*field.value = (other.*field.value).load();
}

}  // namespace tidemark::scsi
