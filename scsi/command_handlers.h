// The handlers the command table's rows name, by the file that holds them. Each is a Handler: see
// command_table.h for what holds when it is called.
#pragma once

namespace tidemark::scsi {

class Task;

// inquiry.cc
void inquiry(Task& task);
// unit_commands.cc
void test_unit_ready(Task& task);
void request_sense(Task& task);
void start_stop_unit(Task& task);
void prevent_allow_medium_removal(Task& task);
// report_luns.cc
void report_luns(Task& task);
// capacity.cc
void read_capacity_10(Task& task);
void read_capacity_16(Task& task);
// mode_commands.cc
void mode_sense(Task& task);
void mode_select(Task& task);
// report_opcodes.cc
void report_supported_operation_codes(Task& task);
void report_supported_task_management_functions(Task& task);
// read_commands.cc
void read_blocks(Task& task);
void prefetch(Task& task);
// write_commands.cc
void write_blocks(Task& task);
void synchronize_cache(Task& task);
// verify_commands.cc
void verify(Task& task);
void write_and_verify(Task& task);
// compare_and_write.cc
void compare_and_write(Task& task);
// write_atomic.cc
void write_atomic(Task& task);
// orwrite.cc
void orwrite(Task& task);
// unmap.cc
void unmap(Task& task);
// write_same.cc
void write_same(Task& task);
// lba_status.cc
void get_lba_status(Task& task);
// sanitize.cc
void sanitize_overwrite(Task& task);
void sanitize_block_erase(Task& task);
void sanitize_exit_failure_mode(Task& task);
// format_unit.cc
void format_unit(Task& task);
// target_port_groups.cc
void report_target_port_groups(Task& task);
void set_target_port_groups(Task& task);
// log_commands.cc
void log_sense(Task& task);
void log_select(Task& task);
// diagnostics.cc
void send_diagnostic(Task& task);
void receive_diagnostic_results(Task& task);
void read_defect_data(Task& task);
void read_media_serial_number(Task& task);
// timestamp.cc
void report_timestamp(Task& task);
void set_timestamp(Task& task);
// identifying_information.cc
void report_identifying_information(Task& task);
void set_identifying_information(Task& task);
// echo_buffer.cc
void read_buffer(Task& task);
void write_buffer(Task& task);
// persistent_reserve_in.cc
void persistent_reserve_in_read_keys(Task& task);
void persistent_reserve_in_read_reservation(Task& task);
void persistent_reserve_in_report_capabilities(Task& task);
void persistent_reserve_in_read_full_status(Task& task);
// persistent_reserve_out.cc
void persistent_reserve_out(Task& task);
void reserve(Task& task);
void release(Task& task);

}  // namespace tidemark::scsi
