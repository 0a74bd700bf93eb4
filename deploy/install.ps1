#Requires -Version 5.1
<#
.SYNOPSIS
Installs Thumper for the user who runs this, on Windows. Nothing outside the user's own folders is touched.

.DESCRIPTION
An environment of its own in %LOCALAPPDATA%\Thumper, the command thumper on the user's PATH, and Thumper in the
Start menu. Done again, it updates: the new environment is made beside the old one and takes its place when it
works. Where scripts are not allowed: powershell -ExecutionPolicy Bypass -File install.ps1

.PARAMETER From
A checkout's folder, a wheel, or the address of one. Default: the checkout that this file lies in, or the wheel
beside it.

.PARAMETER With
Extras, such as match,stamp.

.PARAMETER Workspace
The folder that the Start menu opens. Default: Thumper in the user's folder.

.PARAMETER Uninstall
Takes it away again; photos and workspaces stay.
#>
[CmdletBinding()]
param(
    [string]$From = '',
    [string]$With = '',
    [string]$Workspace = '',
    [switch]$Uninstall
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Stop-Install([string]$Text) {
    [Console]::Error.WriteLine("install.ps1: $Text")
    exit 1
}

# Runs a program; its exit code. What it writes to its error stream is shown and is no error by itself.
function Invoke-Program([string]$Program, [string[]]$Words, [switch]$Quiet) {
    $ErrorActionPreference = 'Continue'
    try {
        if ($Quiet) { & $Program @Words *> $null } else { & $Program @Words | Out-Host }
        return $LASTEXITCODE
    }
    catch {
        return 127
    }
}

# The user's PATH as it is written, with %NAMES% in it unexpanded.
function Get-UserPath {
    $key = Get-Item -Path 'HKCU:\Environment'
    return [string]$key.GetValue('Path', '', 'DoNotExpandEnvironmentNames')
}

function Set-UserPath([string]$Value) {
    Set-ItemProperty -Path 'HKCU:\Environment' -Name 'Path' -Value $Value -Type ExpandString
    # Says to programs that run that the environment changed.
    [Environment]::SetEnvironmentVariable('THUMPER_INSTALLED', $null, 'User')
}

if ($env:OS -ne 'Windows_NT') { Stop-Install 'this is for Windows; elsewhere: install.sh.' }
if (-not $env:LOCALAPPDATA) { Stop-Install 'there is no %LOCALAPPDATA%.' }
$marker = 'Made by install.ps1 of Thumper'
$data = Join-Path $env:LOCALAPPDATA 'Thumper'
$bin = Join-Path $data 'bin'
$launcher = Join-Path $bin 'thumper.cmd'
$shortcut = Join-Path ([Environment]::GetFolderPath('Programs')) 'Thumper.lnk'
if (-not $Workspace) { $Workspace = Join-Path $HOME 'Thumper' }
$Workspace = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Workspace)

if ($Uninstall) {
    if (-not (Test-Path -LiteralPath $launcher)) { Stop-Install 'Thumper was not installed by this script.' }
    try {
        Get-ChildItem -LiteralPath $data -Directory -Filter 'env-*' |
            Remove-Item -Recurse -Force
    }
    catch {
        Stop-Install "some of it is in use; close Thumper and try again. $($_.Exception.Message)"
    }
    Remove-Item -LiteralPath $bin -Recurse -Force
    if (Test-Path -LiteralPath $shortcut) { Remove-Item -LiteralPath $shortcut -Force }
    $kept = @((Get-UserPath).Split(';') | Where-Object { $_ -and ($_ -ne $bin) })
    Set-UserPath ($kept -join ';')
    if (-not (Get-ChildItem -LiteralPath $data -Force)) { Remove-Item -LiteralPath $data -Force }
    Write-Host 'Thumper is gone. Photos and workspaces are where they were, and what models were downloaded'
    Write-Host "in $(Join-Path $HOME '.cache\thumper'): delete that folder if you do not want it back."
    exit 0
}

if ((Test-Path -LiteralPath $launcher) -and -not (Select-String -LiteralPath $launcher -SimpleMatch $marker -Quiet)) {
    Stop-Install "$launcher is there already and not from this script. Move it away first."
}

# --- what to install ---

if (-not $From) {
    $checkout = Split-Path -Parent $PSScriptRoot
    if ($checkout -and (Test-Path -LiteralPath (Join-Path $checkout 'pyproject.toml'))) {
        $From = $checkout
    }
    else {
        # By their versions, for by its letters 1.9 comes after 1.10.
        $wheels = @(Get-ChildItem -LiteralPath $PSScriptRoot -Filter 'thumper-*.whl' | Sort-Object {
                if ($_.Name -match '^thumper-(\d+(\.\d+){1,3})') { [version]$Matches[1] } else { [version]'0.0' }
            })
        if ($wheels.Count) { $From = $wheels[-1].FullName }
    }
    if (-not $From) { Stop-Install 'there is no checkout and no wheel beside this file. Say where it is: -From WHAT' }
}
if ($From -match '^(https?|file)://') {
    $what = if ($With) { "thumper[$With] @ $From" } else { $From }
}
else {
    if (-not (Test-Path -LiteralPath $From)) { Stop-Install "there is no $From." }
    $From = (Resolve-Path -LiteralPath $From).ProviderPath
    $isFolder = Test-Path -LiteralPath $From -PathType Container
    if ($isFolder -and -not (Test-Path -LiteralPath (Join-Path $From 'pyproject.toml'))) {
        Stop-Install "$From is no checkout: it has no pyproject.toml."
    }
    $what = if ($With) { "$From[$With]" } else { $From }
}

# --- a Python that will do, else uv, which brings one ---

$check = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'
$python = $null
$candidates = @(
    @('py', '-3.14'), @('py', '-3.13'), @('py', '-3.12'), @('py', '-3.11'), @('py', '-3'), @('python'), @('python3')
)
foreach ($candidate in $candidates) {
    if (-not (Get-Command $candidate[0] -ErrorAction SilentlyContinue)) { continue }
    $words = @($candidate | Select-Object -Skip 1) + @('-c', $check)
    if ((Invoke-Program $candidate[0] $words -Quiet) -eq 0) {
        $python = $candidate
        break
    }
}
$uv = [bool](Get-Command 'uv' -ErrorAction SilentlyContinue)
if (-not $python -and -not $uv) {
    Stop-Install ('Python 3.11 or newer is needed: https://www.python.org/downloads/windows/, or ' +
        'uv, which brings one: https://docs.astral.sh/uv/')
}

# --- a new environment, which becomes the one that is used when it works ---

New-Item -ItemType Directory -Force -Path $bin | Out-Null
$new = Join-Path $data ('env-{0:yyyyMMddHHmmss}-{1}' -f (Get-Date), $PID)
$newPython = Join-Path $new 'Scripts\python.exe'
$newThumper = Join-Path $new 'Scripts\thumper.exe'
$works = $false
try {
    Write-Host "Installing $what into $new"
    Write-Host 'This fetches some gigabytes the first time (PyTorch) and takes a few minutes.'
    if ($python) {
        $words = @($python | Select-Object -Skip 1) + @('-m', 'venv', $new)
        $code = Invoke-Program $python[0] $words
    }
    else {
        $code = Invoke-Program 'uv' @('venv', '--quiet', '--seed', '--python', '3.12', $new)
    }
    if ($code -or -not (Test-Path -LiteralPath $newPython)) {
        Stop-Install ('no environment could be made; see above. Python of the Microsoft Store cannot make one ' +
            'here: take the one of python.org.')
    }
    if ($uv) {
        $code = Invoke-Program 'uv' @('pip', 'install', '--quiet', '--python', $newPython, $what)
    }
    else {
        $code = Invoke-Program $newPython @('-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', $what)
    }
    if ($code) { Stop-Install "$what could not be installed; see above. What was installed before is as it was." }
    $version = & $newThumper --version
    if ($LASTEXITCODE) { Stop-Install 'it was installed and does not start; see above.' }
    $works = $true
}
finally {
    if (-not $works -and (Test-Path -LiteralPath $new)) {
        Remove-Item -LiteralPath $new -Recurse -Force -ErrorAction SilentlyContinue
    }
}

# --- how it is started ---

# Relative to itself, so that no letter of the user's name is in it.
$from_bin = "%~dp0..\$(Split-Path -Leaf $new)\Scripts\thumper.exe"
@('@echo off', "rem $marker", "`"$from_bin`" %*") | Set-Content -LiteralPath $launcher -Encoding Ascii
$shell = New-Object -ComObject WScript.Shell
$link = $shell.CreateShortcut($shortcut)
$link.TargetPath = $launcher
$link.Arguments = "--workspace `"$Workspace`" app"
$link.WorkingDirectory = $HOME
$link.Description = 'From trail-camera photos to a herd of known deer'
$link.Save()
if ((Get-UserPath).Split(';') -notcontains $bin) {
    $kept = @((Get-UserPath).Split(';') | Where-Object { $_ }) + $bin
    Set-UserPath ($kept -join ';')
}
# One that is still open is left for the next time.
Get-ChildItem -LiteralPath $data -Directory -Filter 'env-*' | Where-Object { $_.FullName -ne $new } |
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue

Write-Host "$version is installed."
Write-Host "Start it: Thumper in the Start menu, or, in a new window: thumper --workspace `"$Workspace`" app"
