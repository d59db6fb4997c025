#include "scsi/command_table.h"

#include <algorithm>
#include <bit>

#include "base/big_endian.h"
#include "scsi/cdb_places.h"
#include "scsi/command_handlers.h"
#include "scsi/copy_manager.h"
#include "scsi/logical_unit.h"
#include "scsi/token_commands.h"
#include "scsi/vendor_commands.h"

namespace tidemark::scsi {
namespace {

using F = FieldRole;
using enum OrderingClass;
constexpr auto kNone = DataDirection::none;
constexpr auto kIn = DataDirection::in;
constexpr auto kOut = DataDirection::out;
constexpr auto kAlways = ReservationClass::always;
constexpr auto kUnlessLegacy = ReservationClass::unless_legacy;
constexpr auto kByRules = ReservationClass::by_rules;
constexpr auto kRead = ReservationClass::read;
constexpr auto kWrite = ReservationClass::write;
constexpr auto kStandby = AccessClass::standby;
constexpr auto kUnavailable = AccessClass::unavailable;
constexpr auto kAnyState = AccessClass::always;
constexpr std::nullopt_t kNoSa = std::nullopt;
using enum DataOut;

// clang-format off
constexpr CommandRow kRows[] = {
  {0x00, kNoSa, "TEST UNIT READY", 6, kNone, none, kUnlessLegacy, control, test_unit_ready, {}},
  {0x03, kNoSa, "REQUEST SENSE", 6, kIn, none, kAlways, control, request_sense,
   {flag(F::desc, 1, 0x01), kAlloc6},
   Feature::basic, kAnyState},
  {0x04, kNoSa, "FORMAT UNIT", 6, kOut, as_offered, kWrite, writes_medium, format_unit,
   {flag(F::protection_usage, 1, 0xc0), flag(F::long_list, 1, 0x20), flag(F::format_data, 1, 0x10),
    flag(F::complete_list, 1, 0x08), flag(F::defect_format, 1, 0x07)}},
  {0x08, kNoSa, "READ(6)", 6, kIn, none, kRead, reads_medium, read_blocks, {kLba6, kLength6}},
  {0x0a, kNoSa, "WRITE(6)", 6, kOut, blocks, kWrite, writes_medium, write_blocks,
   {kLba6, kLength6}},
  {0x12, kNoSa, "INQUIRY", 6, kIn, none, kAlways, control, inquiry,
   {flag(F::evpd, 1, 0x01), wide(F::page_code, 2, 1), wide(F::allocation_length, 3, 2)},
   Feature::basic, kAnyState},
  {0x15, kNoSa, "MODE SELECT(6)", 6, kOut, list, kWrite, control, mode_select,
   {flag(F::pf, 1, 0x10), flag(F::sp, 1, 0x01), wide(F::parameter_list_length, 4, 1)},
   Feature::basic, kStandby},
  {0x16, kNoSa, "RESERVE(6)", 6, kNone, none, kByRules, control, reserve, {}},
  {0x17, kNoSa, "RELEASE(6)", 6, kNone, none, kByRules, control, release, {}},
  {0x1a, kNoSa, "MODE SENSE(6)", 6, kIn, none, kRead, control, mode_sense,
   {flag(F::dbd, 1, 0x08), flag(F::page_control, 2, 0xc0), flag(F::page_code, 2, 0x3f),
    wide(F::subpage_code, 3, 1), kAlloc6},
   Feature::basic, kStandby},
  {0x1b, kNoSa, "START STOP UNIT", 6, kNone, none, ReservationClass::start_stop, control,
   start_stop_unit,
   {flag(F::immed, 1, 0x01), flag(F::power_condition_modifier, 3, 0x0f),
    flag(F::power_condition, 4, 0xf0), flag(F::no_flush, 4, 0x04), flag(F::loej, 4, 0x02),
    flag(F::start, 4, 0x01)}},
  {0x1c, kNoSa, "RECEIVE DIAGNOSTIC RESULTS", 6, kIn, none, kRead, control,
   receive_diagnostic_results,
   {flag(F::page_code_valid, 1, 0x01), wide(F::page_code, 2, 1),
    wide(F::allocation_length, 3, 2)},
   Feature::basic, kStandby},
  {0x1d, kNoSa, "SEND DIAGNOSTIC", 6, kOut, list, kWrite, control, send_diagnostic,
   {flag(F::self_test_code, 1, 0xe0), flag(F::pf, 1, 0x10), flag(F::self_test, 1, 0x04),
    flag(F::device_offline, 1, 0x02), flag(F::unit_offline, 1, 0x01),
    wide(F::parameter_list_length, 3, 2)},
   Feature::basic, kStandby},
  {0x1e, kNoSa, "PREVENT ALLOW MEDIUM REMOVAL", 6, kNone, none, ReservationClass::prevent_allow,
   control, prevent_allow_medium_removal, {flag(F::prevent, 4, 0x03)}},
  {0x25, kNoSa, "READ CAPACITY(10)", 10, kIn, none, kAlways, about_medium, read_capacity_10,
   {}},
  {0x28, kNoSa, "READ(10)", 10, kIn, none, kRead, reads_medium, read_blocks,
   {kProtect, kDpo, kFua, kRarc, kLba32, kGroup10, kLength10}},
  {0x2a, kNoSa, "WRITE(10)", 10, kOut, blocks, kWrite, writes_medium, write_blocks,
   {kProtect, kDpo, kFua, kLba32, kGroup10, kLength10}},
  {0x2e, kNoSa, "WRITE AND VERIFY(10)", 10, kOut, blocks, kWrite, writes_medium, write_and_verify,
   {kProtect, kDpo, kBytchk, kLba32, kGroup10, kLength10}},
  {0x2f, kNoSa, "VERIFY(10)", 10, kOut, by_bytchk, kRead, reads_medium, verify,
   {kProtect, kDpo, kBytchk, kLba32, kGroup10, kLength10}},
  {0x34, kNoSa, "PRE-FETCH(10)", 10, kNone, none, kRead, reads_medium, prefetch,
   {kImmed2, kLba32, kGroup10, kLength10}},
  {0x35, kNoSa, "SYNCHRONIZE CACHE(10)", 10, kNone, none, kWrite, flushes_medium,
   synchronize_cache, {kSyncNv, kImmed2, kLba32, kGroup10, kLength10}},
  {0x37, kNoSa, "READ DEFECT DATA(10)", 10, kIn, none, kRead, control, read_defect_data,
   {flag(F::defect_lists, 2, 0x18), flag(F::defect_format, 2, 0x07), kAlloc10}},
  {0x3b, kNoSa, "WRITE BUFFER", 10, kOut, list, kWrite, control, write_buffer,
   {flag(F::buffer_mode, 1, 0x1f), wide(F::buffer_id, 2, 1), wide(F::buffer_offset, 3, 3),
    wide(F::parameter_list_length, 6, 3)},
   Feature::basic, kAnyState},
  {0x3c, kNoSa, "READ BUFFER(10)", 10, kIn, none, kRead, control, read_buffer,
   {flag(F::buffer_mode, 1, 0x1f), wide(F::buffer_id, 2, 1), wide(F::buffer_offset, 3, 3),
    wide(F::allocation_length, 6, 3)},
   Feature::basic, kAnyState},
  {0x41, kNoSa, "WRITE SAME(10)", 10, kOut, one_block, kWrite, writes_medium, write_same,
   {kProtect, kAnchor, kUnmap, kLba32, kGroup10, kLength10}},
  {0x42, kNoSa, "UNMAP", 10, kOut, list, kWrite, writes_medium, unmap,
   {flag(F::anchor, 1, 0x01), kGroup10, wide(F::parameter_list_length, 7, 2)},
   Feature::thin_provisioning},
  {0x48, 0x01, "SANITIZE, OVERWRITE", 10, kOut, list, kWrite, writes_medium, sanitize_overwrite,
   {kSa, kImmed80, kAuse, wide(F::parameter_list_length, 7, 2)}},
  {0x48, 0x02, "SANITIZE, BLOCK ERASE", 10, kNone, none, kWrite, writes_medium,
   sanitize_block_erase, {kSa, kImmed80, kAuse}, Feature::thin_provisioning},
  {0x48, 0x1f, "SANITIZE, EXIT FAILURE MODE", 10, kNone, none, kWrite, writes_medium,
   sanitize_exit_failure_mode, {kSa, kImmed80, kAuse}},
  {0x4c, kNoSa, "LOG SELECT", 10, kOut, list, kWrite, control, log_select,
   {flag(F::pcr, 1, 0x02), flag(F::sp, 1, 0x01), flag(F::page_control, 2, 0xc0),
    flag(F::page_code, 2, 0x3f), wide(F::subpage_code, 3, 1),
    wide(F::parameter_list_length, 7, 2)},
   Feature::basic, kStandby},
  {0x4d, kNoSa, "LOG SENSE", 10, kIn, none, kAlways, control, log_sense,
   {flag(F::sp, 1, 0x01), flag(F::page_control, 2, 0xc0), flag(F::page_code, 2, 0x3f),
    wide(F::subpage_code, 3, 1), wide(F::parameter_pointer, 5, 2), kAlloc10},
   Feature::basic, kStandby},
  {0x55, kNoSa, "MODE SELECT(10)", 10, kOut, list, kWrite, control, mode_select,
   {flag(F::pf, 1, 0x10), flag(F::sp, 1, 0x01), wide(F::parameter_list_length, 7, 2)},
   Feature::basic, kStandby},
  {0x56, kNoSa, "RESERVE(10)", 10, kNone, none, kByRules, control, reserve, {}},
  {0x57, kNoSa, "RELEASE(10)", 10, kNone, none, kByRules, control, release, {}},
  {0x5a, kNoSa, "MODE SENSE(10)", 10, kIn, none, kRead, control, mode_sense,
   {flag(F::llbaa, 1, 0x10), flag(F::dbd, 1, 0x08), flag(F::page_control, 2, 0xc0),
    flag(F::page_code, 2, 0x3f), wide(F::subpage_code, 3, 1), kAlloc10},
   Feature::basic, kStandby},
  {0x5e, 0x00, "PERSISTENT RESERVE IN, READ KEYS", 10, kIn, none, kUnlessLegacy, control,
   persistent_reserve_in_read_keys, {kSa, kAlloc10},
   Feature::basic, kStandby},
  {0x5e, 0x01, "PERSISTENT RESERVE IN, READ RESERVATION", 10, kIn, none, kUnlessLegacy, control,
   persistent_reserve_in_read_reservation, {kSa, kAlloc10},
   Feature::basic, kStandby},
  {0x5e, 0x02, "PERSISTENT RESERVE IN, REPORT CAPABILITIES", 10, kIn, none, kUnlessLegacy, control,
   persistent_reserve_in_report_capabilities, {kSa, kAlloc10},
   Feature::basic, kStandby},
  {0x5e, 0x03, "PERSISTENT RESERVE IN, READ FULL STATUS", 10, kIn, none, kUnlessLegacy, control,
   persistent_reserve_in_read_full_status, {kSa, kAlloc10},
   Feature::basic, kStandby},
  {0x5f, 0x00, "PERSISTENT RESERVE OUT, REGISTER", 10, kOut, list, kByRules, control,
   persistent_reserve_out, {kSa, kScope, kReservationType, kListLength5},
   Feature::basic, kStandby},
  {0x5f, 0x01, "PERSISTENT RESERVE OUT, RESERVE", 10, kOut, list, kByRules, control,
   persistent_reserve_out, {kSa, kScope, kReservationType, kListLength5},
   Feature::basic, kStandby},
  {0x5f, 0x02, "PERSISTENT RESERVE OUT, RELEASE", 10, kOut, list, kByRules, control,
   persistent_reserve_out, {kSa, kScope, kReservationType, kListLength5},
   Feature::basic, kStandby},
  {0x5f, 0x03, "PERSISTENT RESERVE OUT, CLEAR", 10, kOut, list, kByRules, control,
   persistent_reserve_out, {kSa, kScope, kReservationType, kListLength5},
   Feature::basic, kStandby},
  {0x5f, 0x04, "PERSISTENT RESERVE OUT, PREEMPT", 10, kOut, list, kByRules, control,
   persistent_reserve_out, {kSa, kScope, kReservationType, kListLength5},
   Feature::basic, kStandby},
  {0x5f, 0x05, "PERSISTENT RESERVE OUT, PREEMPT AND ABORT", 10, kOut, list, kByRules, control,
   persistent_reserve_out, {kSa, kScope, kReservationType, kListLength5},
   Feature::basic, kStandby},
  {0x5f, 0x06, "PERSISTENT RESERVE OUT, REGISTER AND IGNORE EXISTING KEY", 10, kOut, list, kByRules, control,
   persistent_reserve_out, {kSa, kScope, kReservationType, kListLength5},
   Feature::basic, kStandby},
  {0x5f, 0x07, "PERSISTENT RESERVE OUT, REGISTER AND MOVE", 10, kOut, list, kByRules, control,
   persistent_reserve_out, {kSa, kScope, kReservationType, kListLength5},
   Feature::basic, kStandby},
  {0x7f, 0x0009, "READ(32)", 32, kIn, none, kRead, reads_medium, read_blocks,
   {kGroup32, kVariableLength, kSa32, kProtect32, kDpo32, kFua32, flag(F::rarc, 10, 0x04), kLba128,
    kReferenceTag, kApplicationTag, kApplicationTagMask, kLength32}},
  {0x7f, 0x000a, "VERIFY(32)", 32, kOut, by_bytchk, kRead, reads_medium, verify,
   {kGroup32, kVariableLength, kSa32, kProtect32, kDpo32, kBytchk32, kLba128, kReferenceTag,
    kApplicationTag, kApplicationTagMask, kLength32}},
  {0x7f, 0x000b, "WRITE(32)", 32, kOut, blocks, kWrite, writes_medium, write_blocks,
   {kGroup32, kVariableLength, kSa32, kProtect32, kDpo32, kFua32, kLba128, kReferenceTag,
    kApplicationTag, kApplicationTagMask, kLength32}},
  {0x7f, 0x000c, "WRITE AND VERIFY(32)", 32, kOut, blocks, kWrite, writes_medium, write_and_verify,
   {kGroup32, kVariableLength, kSa32, kProtect32, kDpo32, kBytchk32, kLba128, kReferenceTag,
    kApplicationTag, kApplicationTagMask, kLength32}},
  {0x7f, 0x000d, "WRITE SAME(32)", 32, kOut, one_block, kWrite, writes_medium, write_same,
   {kGroup32, kVariableLength, kSa32, kProtect32, flag(F::anchor, 10, 0x10),
    flag(F::unmap, 10, 0x08), flag(F::ndob, 10, 0x01), kLba128, kReferenceTag, kApplicationTag,
    kApplicationTagMask, kLength32}},
  {0x7f, 0x000e, "ORWRITE(32)", 32, kOut, blocks, kWrite, writes_medium, orwrite,
   {flag(F::bitmap_operation, 2, 0x07), flag(F::generation_processing, 3, 0x0f), kGroup32,
    kVariableLength, kSa32, kProtect32, kDpo32, kFua32, kLba128,
    wide(F::expected_generation, 20, 4), wide(F::new_generation, 24, 4), kLength32}},
  {0x7f, 0x000f, "WRITE ATOMIC(32)", 32, kOut, blocks, kWrite, writes_medium, write_atomic,
   {wide(F::atomic_boundary, 4, 2), kGroup32, kVariableLength, kSa32, kProtect32, kDpo32, kFua32,
    kLba128, kReferenceTag, kApplicationTag, kApplicationTagMask, kLength32}},
  {0x7f, 0x0012, "GET LBA STATUS(32)", 32, kIn, none, kRead, reads_medium, get_lba_status,
   {kVariableLength, kSa32, wide(F::report_type, 10, 1), kLba128, wide(F::scan_length, 20, 4),
    wide(F::element_identifier, 24, 4), wide(F::allocation_length, 28, 4)}},
  {0x83, 0x00, "EXTENDED COPY(LID1)", 16, kOut, list, kWrite, control, extended_copy_lid1,
   {kSa, wide(F::parameter_list_length, 10, 4)}, Feature::copy_service},
  {0x83, 0x01, "EXTENDED COPY(LID4)", 16, kOut, list, kWrite, control, extended_copy_lid4,
   {kSa, wide(F::parameter_list_length, 10, 4)}, Feature::copy_service},
  {0x83, 0x10, "POPULATE TOKEN", 16, kOut, list, kRead, reads_medium, populate_token,
   {kSa, wide(F::list_identifier, 6, 4), wide(F::parameter_list_length, 10, 4), kGroup16},
   Feature::rod_tokens},
  {0x83, 0x11, "WRITE USING TOKEN", 16, kOut, list, kWrite, writes_medium, write_using_token,
   {kSa, wide(F::list_identifier, 6, 4), wide(F::parameter_list_length, 10, 4), kGroup16},
   Feature::rod_tokens},
  {0x83, 0x1c, "COPY OPERATION ABORT", 16, kNone, none, kWrite, control, copy_operation_abort,
   {kSa, wide(F::list_identifier, 2, 4)}, Feature::copy_service},
  {0x84, 0x00, "RECEIVE COPY STATUS(LID1)", 16, kIn, none, kUnlessLegacy, control,
   receive_copy_status_lid1, {kSa, wide(F::list_identifier, 2, 1), kAlloc16},
   Feature::copy_service},
  {0x84, 0x01, "RECEIVE COPY DATA(LID1)", 16, kIn, none, kUnlessLegacy, control,
   receive_copy_data_lid1, {kSa, wide(F::list_identifier, 2, 1), kAlloc16},
   Feature::copy_service},
  {0x84, 0x03, "RECEIVE COPY OPERATING PARAMETERS", 16, kIn, none, kUnlessLegacy, control,
   receive_copy_operating_parameters, {kSa, kAlloc16}, Feature::copy_service},
  {0x84, 0x04, "RECEIVE COPY FAILURE DETAILS(LID1)", 16, kIn, none, kUnlessLegacy, control,
   receive_copy_failure_details_lid1, {kSa, wide(F::list_identifier, 2, 1), kAlloc16},
   Feature::copy_service},
  {0x84, 0x05, "RECEIVE COPY STATUS(LID4)", 16, kIn, none, kUnlessLegacy, control,
   receive_copy_status_lid4, {kSa, wide(F::list_identifier, 2, 4), kAlloc16},
   Feature::copy_service},
  {0x84, 0x06, "RECEIVE COPY DATA(LID4)", 16, kIn, none, kUnlessLegacy, control,
   receive_copy_data_lid4, {kSa, wide(F::list_identifier, 2, 4), kAlloc16},
   Feature::copy_service},
  {0x84, 0x07, "RECEIVE ROD TOKEN INFORMATION", 16, kIn, none, kUnlessLegacy, control,
   receive_rod_token_information, {kSa, wide(F::list_identifier, 2, 4), kAlloc16},
   Feature::rod_tokens},
  {0x84, 0x08, "REPORT ALL ROD TOKENS", 16, kIn, none, kUnlessLegacy, control,
   report_all_rod_tokens, {kSa, kAlloc16}, Feature::rod_tokens},
  {0x88, kNoSa, "READ(16)", 16, kIn, none, kRead, reads_medium, read_blocks,
   {kProtect, kDpo, kFua, kRarc, kLba64, kLength16, kGroup16}},
  {0x89, kNoSa, "COMPARE AND WRITE", 16, kOut, block_pairs, kWrite, writes_medium,
   compare_and_write,
   {kProtect, kDpo, kFua, kLba64, wide(F::transfer_length, 13, 1), kGroup16}},
  {0x8a, kNoSa, "WRITE(16)", 16, kOut, blocks, kWrite, writes_medium, write_blocks,
   {kProtect, kDpo, kFua, kLba64, kLength16, kGroup16}},
  {0x8b, kNoSa, "ORWRITE(16)", 16, kOut, blocks, kWrite, writes_medium, orwrite,
   {kProtect, kDpo, kFua, kLba64, kLength16, kGroup16}},
  {0x8e, kNoSa, "WRITE AND VERIFY(16)", 16, kOut, blocks, kWrite, writes_medium, write_and_verify,
   {kProtect, kDpo, kBytchk, kLba64, kLength16, kGroup16}},
  {0x8f, kNoSa, "VERIFY(16)", 16, kOut, by_bytchk, kRead, reads_medium, verify,
   {kProtect, kDpo, kBytchk, kLba64, kLength16, kGroup16}},
  {0x90, kNoSa, "PRE-FETCH(16)", 16, kNone, none, kRead, reads_medium, prefetch,
   {kImmed2, kLba64, kLength16, kGroup16}},
  {0x91, kNoSa, "SYNCHRONIZE CACHE(16)", 16, kNone, none, kWrite, flushes_medium,
   synchronize_cache, {kSyncNv, kImmed2, kLba64, kLength16, kGroup16}},
  {0x93, kNoSa, "WRITE SAME(16)", 16, kOut, one_block, kWrite, writes_medium, write_same,
   {kProtect, kAnchor, kUnmap, flag(F::ndob, 1, 0x01), kLba64, kLength16, kGroup16}},
  {0x9c, kNoSa, "WRITE ATOMIC(16)", 16, kOut, blocks, kWrite, writes_medium, write_atomic,
   {kProtect, kDpo, kFua, kLba64, wide(F::atomic_boundary, 10, 2),
    wide(F::transfer_length, 12, 2), kGroup16}},
  {0x9e, 0x10, "READ CAPACITY(16)", 16, kIn, none, kAlways, about_medium, read_capacity_16,
   {kSa, kAlloc16}},
  {0x9e, 0x12, "GET LBA STATUS(16)", 16, kIn, none, kRead, reads_medium, get_lba_status,
   {kSa, kLba64, kAlloc16, wide(F::report_type, 14, 1)}},
  {0xa0, kNoSa, "REPORT LUNS", 12, kIn, none, kAlways, control, report_luns,
   {wide(F::select_report, 2, 1), kAlloc12},
   Feature::basic, kAnyState},
  {0xa3, 0x05, "REPORT IDENTIFYING INFORMATION", 12, kIn, none, kAlways, control,
   report_identifying_information, {kSa, kAlloc12, kInformationType}, Feature::kept_state},
  {0xa3, 0x0a, "REPORT TARGET PORT GROUPS", 12, kIn, none, kAlways, control,
   report_target_port_groups, {kSa, flag(F::parameter_data_format, 1, 0xe0), kAlloc12},
   Feature::basic, kAnyState},
  {0xa3, 0x0c, "REPORT SUPPORTED OPERATION CODES", 12, kIn, none, kRead, control,
   report_supported_operation_codes,
   {kSa, flag(F::rctd, 2, 0x80), flag(F::reporting_options, 2, 0x07),
    wide(F::requested_opcode, 3, 1), wide(F::requested_service_action, 4, 2), kAlloc12}},
  {0xa3, 0x0d, "REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS", 12, kIn, none, kRead, control,
   report_supported_task_management_functions, {kSa, flag(F::repd, 2, 0x80), kAlloc12}},
  {0xa3, 0x0f, "REPORT TIMESTAMP", 12, kIn, none, kAlways, control, report_timestamp,
   {kSa, kAlloc12}},
  {0xa4, 0x06, "SET IDENTIFYING INFORMATION", 12, kOut, list, kWrite, control,
   set_identifying_information, {kSa, kListLength12, kInformationType}, Feature::kept_state},
  {0xa4, 0x0a, "SET TARGET PORT GROUPS", 12, kOut, list, kWrite, control, set_target_port_groups,
   {kSa, kListLength12}, Feature::basic, kUnavailable},
  {0xa4, 0x0f, "SET TIMESTAMP", 12, kOut, list, kWrite, control, set_timestamp,
   {kSa, kListLength12}},
  {0xa8, kNoSa, "READ(12)", 12, kIn, none, kRead, reads_medium, read_blocks,
   {kProtect, kDpo, kFua, kRarc, kLba32, kLength12, kGroup12}},
  {0xaa, kNoSa, "WRITE(12)", 12, kOut, blocks, kWrite, writes_medium, write_blocks,
   {kProtect, kDpo, kFua, kLba32, kLength12, kGroup12}},
  {0xab, 0x01, "READ MEDIA SERIAL NUMBER", 12, kIn, none, kAlways, about_medium,
   read_media_serial_number, {kSa, kAlloc12}},
  {0xae, kNoSa, "WRITE AND VERIFY(12)", 12, kOut, blocks, kWrite, writes_medium, write_and_verify,
   {kProtect, kDpo, kBytchk, kLba32, kLength12, kGroup12}},
  {0xaf, kNoSa, "VERIFY(12)", 12, kOut, by_bytchk, kRead, reads_medium, verify,
   {kProtect, kDpo, kBytchk, kLba32, kLength12, kGroup12}},
  {0xb7, kNoSa, "READ DEFECT DATA(12)", 12, kIn, none, kRead, control, read_defect_data,
   {flag(F::defect_lists, 1, 0x18), flag(F::defect_format, 1, 0x07), wide(F::address_index, 2, 4),
    kAlloc12}},
  {0xc8, 0x01, "SNAPSHOT COPY START", 16, kOut, list, kWrite, control, vendor_start,
   {kSa, wide(F::parameter_list_length, 10, 4)}, Feature::copy_service},
  {0xc8, 0x02, "SNAPSHOT COPY ABORT", 16, kNone, none, kWrite, control, vendor_abort,
   {kSa, wide(F::copy_identifier, 2, 4)}, Feature::copy_service},
  {0xc8, 0x03, "SNAPSHOT COPY PAUSE", 16, kNone, none, kWrite, control, vendor_pause,
   {kSa, wide(F::copy_identifier, 2, 4)}, Feature::copy_service},
  {0xc8, 0x04, "SNAPSHOT COPY RESUME", 16, kNone, none, kWrite, control, vendor_resume,
   {kSa, wide(F::copy_identifier, 2, 4)}, Feature::copy_service},
  {0xc8, 0x05, "SNAPSHOT COPY SET", 16, kOut, list, kWrite, control, vendor_set,
   {kSa, wide(F::copy_identifier, 2, 4), wide(F::parameter_list_length, 10, 4)},
   Feature::copy_service},
  {0xc8, 0x06, "SNAPSHOT COPY APPEND", 16, kOut, list, kWrite, control, vendor_append,
   {kSa, wide(F::copy_identifier, 2, 4), wide(F::parameter_list_length, 10, 4)},
   Feature::copy_service},
  {0xc8, 0x07, "SNAPSHOT COPY BEGIN", 16, kNone, none, kWrite, control, vendor_begin,
   {kSa, wide(F::copy_identifier, 2, 4)}, Feature::copy_service},
  {0xc9, 0x01, "SNAPSHOT COPY LIST", 16, kIn, none, kRead, control, vendor_list,
   {kSa, wide(F::copy_identifier, 2, 4), kAlloc16}, Feature::copy_service},
  {0xc9, 0x02, "SNAPSHOT COPY STATUS", 16, kIn, none, kRead, control, vendor_status,
   {kSa, wide(F::copy_identifier, 2, 4), kAlloc16, wide(F::layout_version, 14, 1)},
   Feature::copy_service},
  {0xc9, 0x03, "SNAPSHOT MAP", 16, kIn, none, kRead, control, vendor_snapshot_map,
   {kSa, wide(F::copy_identifier, 2, 4), wide(F::scan_from, 6, 4), kAlloc16},
   Feature::copy_service},
  {0xc9, 0x04, "SNAPSHOT COPY LIMITS", 16, kIn, none, kRead, control, vendor_limits,
   {kSa, kAlloc16}, Feature::copy_service},
};
// clang-format on

using Bitmap = std::array<uint8_t, kCdbMax>;

/// The group code in an opcode's top three bits fixes the length (SPC-4 4.2.5.1).
constexpr uint8_t kLengths[] = {6, 10, 10, 0, 16, 12, 16, 16};  // C0h and up: ours

constexpr uint8_t kNaca = 0x04;
constexpr size_t control_at(uint8_t opcode) {
  if (opcode == kVariableLengthOpcode) return 1;
  const size_t length = kLengths[opcode >> 5];
  return length == 0 ? 0 : length - 1;
}

/// The bits the row's fields occupy; false if a field leaves the CDB or meets another one.
constexpr bool fill_bitmap(const CommandRow& row, Bitmap& bits) {
  for (const CdbField& field : row.fields) {
    if (field.role == F::none) break;
    if (field.byte == 0 || field.bytes == 0 || field.mask == 0) return false;
    if (field.byte + field.bytes > row.cdb_length) return false;
    for (uint8_t i = 0; i < field.bytes; ++i) {
      if (field.byte + i == control_at(row.opcode)) return false;
      const uint8_t mask = i == 0 ? field.mask : uint8_t{0xff};
      uint8_t& byte = bits[size_t{field.byte} + i];
      if (byte & mask) return false;
      byte = static_cast<uint8_t>(byte | mask);
    }
  }
  return true;
}

constexpr uint32_t sort_key(const CommandRow& row) {
  return uint32_t{row.opcode} << 16 | row.service_action.value_or(0);
}

constexpr bool has(const CommandRow& row, FieldRole role) {
  for (const CdbField& field : row.fields)
    if (field.role == role) return true;
  return false;
}

constexpr bool length_fits(const CommandRow& row) {
  if (row.has_variable_length()) return row.cdb_length == kCdbMax;
  return row.cdb_length == kLengths[row.opcode >> 5];
}

constexpr bool row_is_sound(const CommandRow& row) {
  Bitmap bits{};
  if (row.name.empty() || !length_fits(row)) return false;
  if (!fill_bitmap(row, bits)) return false;
  if (row.service_action.has_value() != has(row, F::service_action)) return false;
  if ((row.direction == kOut) != (row.data_out != none)) return false;
  if ((row.data_out == list) != has(row, F::parameter_list_length)) return false;
  if (row.has_variable_length() != has(row, F::additional_cdb_length)) return false;
  return has(row, F::lba) == has(row, F::transfer_length) || row.direction == kIn;
}

constexpr bool rows_are_sound() {
  for (const CommandRow& row : kRows)
    if (!row_is_sound(row)) return false;
  for (size_t i = 1; i < std::size(kRows); ++i)
    if (sort_key(kRows[i - 1]) >= sort_key(kRows[i])) return false;
  return true;
}
static_assert(rows_are_sound(), "unsorted, doubled, overlapping or outside the CDB");

constexpr auto kBitmaps = [] {
  std::array<Bitmap, std::size(kRows)> maps{};
  for (size_t i = 0; i < maps.size(); ++i) {
    fill_bitmap(kRows[i], maps[i]);
    maps[i][control_at(kRows[i].opcode)] |= kNaca;
  }
  return maps;
}();

/// Where in a row's list each field is, counted from 1; 0 for those it does not have.
constexpr auto kPlaces = [] {
  std::array<std::array<uint8_t, static_cast<size_t>(F::count)>, std::size(kRows)> places{};
  for (size_t i = 0; i < places.size(); ++i)
    for (size_t field = 0; field < CommandRow::kMaxFields; ++field)
      if (const F role = kRows[i].fields[field].role; role != F::none)
        places[i][static_cast<size_t>(role)] = static_cast<uint8_t>(field + 1);
  return places;
}();

constexpr uint8_t kNoRow = 0xff;
static_assert(std::size(kRows) < kNoRow);

/// First row of each opcode.
constexpr auto kFirstRow = [] {
  std::array<uint8_t, 256> first{};
  first.fill(kNoRow);
  for (size_t i = std::size(kRows); i-- > 0;) first[kRows[i].opcode] = static_cast<uint8_t>(i);
  return first;
}();

size_t index_of(const CommandRow& row) {
  return static_cast<size_t>(&row - kRows);
}

uint64_t value_at(const CdbField& field, std::span<const uint8_t, kCdbMax> cdb) {
  uint64_t value = cdb[field.byte] & field.mask;
  if (field.bytes == 1) return value >> std::countr_zero(field.mask);
  for (size_t i = 1; i < field.bytes; ++i) value = value << 8 | cdb[field.byte + i];
  return value;
}

}  // namespace

std::span<const CommandRow> command_rows() {
  return kRows;
}

RowLookup find_row(std::span<const uint8_t, kCdbMax> cdb) {
  const uint8_t first = kFirstRow[cdb[0]];
  if (first == kNoRow) return {};
  if (!kRows[first].service_action) return {&kRows[first]};
  const CdbField& field = *find_field(kRows[first], F::service_action);
  const uint64_t wanted = value_at(field, cdb);
  for (size_t i = first; i < std::size(kRows) && kRows[i].opcode == cdb[0]; ++i)
    if (*kRows[i].service_action == wanted) return {&kRows[i]};
  return {nullptr, pointer_at(field)};
}

bool supports(const LogicalUnit& unit, const CommandRow& row) {
  switch (row.feature) {
    case Feature::basic:
      return true;
    case Feature::thin_provisioning:
      return unit.thin();
    case Feature::copy_service:
      return unit.copies() != nullptr;
    case Feature::rod_tokens:
      return unit.copies() != nullptr && unit.copies()->tokens() != nullptr;
    case Feature::kept_state:
      return unit.kept().possible();
  }
  return false;
}

size_t control_byte(uint8_t opcode) {
  return control_at(opcode);
}

bool supports_opcode(const LogicalUnit& unit, uint8_t opcode) {
  for (size_t i = kFirstRow[opcode]; i < std::size(kRows) && kRows[i].opcode == opcode; ++i)
    if (supports(unit, kRows[i])) return true;
  return false;
}

const CdbField* find_field(const CommandRow& row, FieldRole role) {
  const uint8_t place = kPlaces[index_of(row)][static_cast<size_t>(role)];
  return place == 0 ? nullptr : &row.fields[place - 1u];
}

uint64_t field_value(const CommandRow& row, FieldRole role, std::span<const uint8_t, kCdbMax> cdb) {
  const CdbField* field = find_field(row, role);
  return field ? value_at(*field, cdb) : 0;
}

std::array<uint8_t, kCdbMax> usage_bitmap(const CommandRow& row) {
  Bitmap bits = kBitmaps[index_of(row)];
  bits[0] = row.opcode;
  if (!row.service_action) return bits;
  // A service action, and the length that is the same in all, are reported as their values (SPC-4
  // 6.33.3).
  const CdbField& field = *find_field(row, F::service_action);
  if (row.has_variable_length()) {
    store_be16(&bits[field.byte], *row.service_action);
    bits[find_field(row, F::additional_cdb_length)->byte] = kAdditionalCdbLength;
  } else {
    uint8_t& byte = bits[field.byte];
    byte = static_cast<uint8_t>((byte & ~field.mask) | *row.service_action);
  }
  return bits;
}

std::optional<SenseData::FieldPointer> first_reserved_bit(const CommandRow& row,
                                                          std::span<const uint8_t, kCdbMax> cdb) {
  const Bitmap& bits = kBitmaps[index_of(row)];
  for (uint8_t i = 1; i < row.cdb_length; ++i) {
    const auto bad = static_cast<uint8_t>(cdb[i] & ~bits[i]);
    if (bad) return SenseData::FieldPointer{true, i, static_cast<uint8_t>(std::bit_width(bad) - 1)};
  }
  return std::nullopt;
}

}  // namespace tidemark::scsi
