// The project's own files, as the tidy tests read them.
#pragma once

#include <string>
#include <vector>

namespace tidemark::tidy {

struct SourceFile {
  std::string path;  // from the top of the project: "scsi/task.h"
  std::vector<std::string> lines;

  bool is_header() const { return path.ends_with(".h"); }
  /// The first folder of the path: the floor it stands on.
  std::string floor() const { return path.substr(0, path.find('/')); }
};

/// One `#include` line.
struct Include {
  std::string path;  // what stands between the quotes or brackets
  bool quoted = false;
  size_t line = 0;  // from 1
};

/// Every .h and .cc file under the given folder of the project.
std::vector<SourceFile> cpp_files(const std::string& folder);
/// Every text file that a person wrote: code, CMake, scripts, documentation.
std::vector<SourceFile> written_files();
SourceFile read_source(const std::string& path);
std::string project_path(const std::string& path);

std::vector<Include> includes_of(const SourceFile& file);

}  // namespace tidemark::tidy
